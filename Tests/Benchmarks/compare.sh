#!/bin/bash
# Compare Stowage with a plain C loop on librabbitmq (tasks that do nothing) and with a Celery worker that does
# the same work (durable stores of 4 KiB), in one run, interleaved, on one private broker and one disk.
#
#   compare.sh [--rounds N] [--noop-tasks N] [--stores N]
#
# Prints every figure, the medians and the two ratios, and exits 1 when a ratio is below its limit
# (NOOP_LIMIT, STORE_LIMIT). Without a release build (`swift build -c release --product Benchmarks`) the yardsticks run
# alone. Wants an idle machine: whatever else runs takes its share from the broker, and from the disk.
set -euo pipefail
shopt -s inherit_errexit

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BIN=${STOWAGE_BIN:-$ROOT/.build/release}
PYTHON=$ROOT/.venv/bin
. "$ROOT/Tests/Benchmarks/figures.sh"
ROUNDS=3 NOOP_TASKS=100000 CELERY_STORES=3000 STORES=12000
NOOP_LIMIT=${NOOP_LIMIT:-0.6} STORE_LIMIT=${STORE_LIMIT:-5}
export PYTHONDONTWRITEBYTECODE=1

while [ $# -gt 0 ]; do
    case $1 in
        --rounds) ROUNDS=$2 ;;
        --noop-tasks) NOOP_TASKS=$2 ;;
        --stores) STORES=$2 CELERY_STORES=$(($2 / 4)) ;;
        *)
            echo "usage: compare.sh [--rounds N] [--noop-tasks N] [--stores N]" >&2
            exit 2
            ;;
    esac
    shift 2
done

# Not in memory: a store is measured with the flushes of a disk.
WORK=$(mktemp -d "${BENCHMARK_FOLDER:-/var/tmp}/stowage-compare.XXXXXX")
cleanup() {
    if [ -e "$WORK/worker.pid" ]; then kill -KILL -- "-$(cat "$WORK/worker.pid")" 2>/dev/null || true; fi
    STOP_SECONDS=0 "$ROOT/deploy/lib/private-rabbitmq.sh" stop "$WORK/broker" || true
    rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

"$ROOT/Tests/Servers/install.sh" broker python
cc -O2 -o "$WORK/amqp_loop" "$HERE/amqp_loop.c" -lrabbitmq
"$ROOT/deploy/lib/private-rabbitmq.sh" start "$WORK/broker" >/dev/null
# shellcheck source=/dev/null
. "$WORK/broker/facts"
URL="amqp://$ADMIN_USER:$ADMIN_PASSWORD@$AMQP_HOST:$AMQP_PORT/%2f"

# Run one contender's worker until its events are there, then end it; prints the rate.
measure_worker() {
    local queue=$1 count=$2 log=$3 rate worker
    shift 3
    setsid "$@" >"$log" 2>&1 </dev/null &
    worker=$!
    echo "$worker" >"$WORK/worker.pid"
    rate=$(timeout 300 "$WORK/amqp_loop" watch "$URL" "$queue" "$count") || {
        tail -n 20 "$log" >&2
        return 1
    }
    kill -TERM "$worker" 2>/dev/null || true
    timeout 30 tail --pid="$worker" -f /dev/null || kill -KILL -- "-$worker" 2>/dev/null || true
    wait "$worker" 2>/dev/null || true
    rm "$WORK/worker.pid"
    rate_of "$rate"
}

rate_of() { sed -n 's/.*rate=\([0-9.]*\).*/\1/p' <<<"$1"; }

noop_c() (
    round_url "loop$1"
    "$WORK/amqp_loop" declare "$URL" loop
    "$WORK/amqp_loop" fill "$URL" loop "$NOOP_TASKS"
    rate_of "$("$WORK/amqp_loop" run "$URL" loop "$NOOP_TASKS")"
    forget "loop$1"
)

noop_stowage() (
    round_url "noop$1"
    rate=$(rate_of "$("$BIN/Benchmarks" noop --url "$URL" --count "$NOOP_TASKS")")
    announced "$NOOP_TASKS"
    forget "noop$1"
    echo "$rate"
)

# A virtual host per run, so that each counts only its own events and finds the broker empty.
round_url() {
    "$ROOT/deploy/lib/private-rabbitmq.sh" ctl "$WORK/broker" add_vhost "$1" >/dev/null
    "$ROOT/deploy/lib/private-rabbitmq.sh" ctl "$WORK/broker" \
        set_permissions -p "$1" "$ADMIN_USER" '.*' '.*' '.*' >/dev/null
    URL="${URL%/*}/$1"
}

forget() { "$ROOT/deploy/lib/private-rabbitmq.sh" ctl "$WORK/broker" delete_vhost "$1" >/dev/null; }

# A rate counts only when every event lies in its queue.
announced() {
    timeout 30 "$WORK/amqp_loop" watch "$URL" benchmark.benchmark-events "$1" >/dev/null || {
        echo "compare: not all of $1 events came" >&2
        return 1
    }
}

store_celery() (
    round_url "celery$1"
    export BENCHMARK_URL=$URL BENCHMARK_ROOT=$WORK/celery$1
    mkdir -p "$BENCHMARK_ROOT"
    "$PYTHON/python" "$HERE/fill.py" "$CELERY_STORES"
    cd "$HERE/celery_store"
    rate=$(measure_worker celery.events "$CELERY_STORES" "$WORK/celery$1.log" "$PYTHON/celery" -A worker worker \
        -P prefork -c "$(nproc)" -l WARNING --without-gossip --without-mingle --without-heartbeat)
    stored "$BENCHMARK_ROOT" '*' "$CELERY_STORES"
    forget "celery$1"
    echo "$rate"
)

store_stowage() (
    round_url "store$1"
    mkdir -p "$WORK/store$1"
    rate=$(rate_of "$("$BIN/Benchmarks" store --url "$URL" --path "$WORK/store$1" --count "$STORES")")
    announced "$STORES"
    stored "$WORK/store$1" archive.bin "$STORES"
    forget "store$1"
    echo "$rate"
)

# And only when every archive really lies there. They stay until the end: ext4 hands out no inode again for a minute
# after its file was deleted, and looks past all of them at every new file.
stored() {
    local found
    found=$(find "$1" -type f -name "$2" | wc -l)
    [ "$found" = "$3" ] || {
        echo "compare: $found archives of $3 in $1" >&2
        return 1
    }
}

CONTENDERS="noop_c store_celery"
if [ -x "$BIN/Benchmarks" ]; then
    CONTENDERS="noop_c noop_stowage store_celery store_stowage"
else
    echo "compare: no release build in $BIN: only the yardsticks"
fi

for ((round = 1; round <= ROUNDS; round++)); do
    for contender in $CONTENDERS; do
        rate=$("$contender" "$round")
        echo "$rate" >>"$WORK/$contender.rates"
        printf 'round %d  %-14s %8.0f /s\n' "$round" "$contender" "$rate"
    done
done

echo
for contender in $CONTENDERS; do
    spread "$WORK/$contender.rates" "$contender" 14 %8.0f /s
done

failures=0
ratio() {
    local label=$1 mine=$2 yardstick=$3 limit=$4
    [ -e "$WORK/$mine.rates" ] || return 0
    awk -v label="$label" -v a="$(median "$WORK/$mine.rates")" -v b="$(median "$WORK/$yardstick.rates")" -v limit="$limit" \
        'BEGIN { printf "ratio    %-32s %6.2f  (at least %s)\n", label, a / b, limit; exit a / b < limit }' ||
        failures=$((failures + 1))
}
ratio "no-op tasks / C loop" noop_stowage noop_c "$NOOP_LIMIT"
ratio "durable 4 KiB stores / Celery" store_stowage store_celery "$STORE_LIMIT"
exit $((failures > 0))
