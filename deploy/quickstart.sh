#!/bin/bash
# From a bare Debian 12 with a Swift 6 toolchain to an archive that was stored and retrieved through AMQP.
#
#   deploy/quickstart.sh              build, run everything once, clean up
#   deploy/quickstart.sh --keep       leave broker and worker running, and say how to stop them
#   deploy/quickstart.sh --stop DIR   stop what --keep left, and remove its folder
#
# Missing packages come through apt (root, or sudo). Everything else happens in a temporary folder: a RabbitMQ of
# its own on loopback, no system service is touched.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
STOWAGE=$ROOT/.build/release/stowage
NODE=$ROOT/deploy/lib/private-rabbitmq.sh
VHOST=stowage
# shellcheck source=lib/processes.sh
. "$ROOT/deploy/lib/processes.sh"
# shellcheck source=lib/toolchain.sh
. "$ROOT/deploy/lib/toolchain.sh"

KEEP=no
DIR=
case ${1:-} in
    '') ;;
    --keep) KEEP=yes ;;
    --stop) DIR=${2:-} ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0"
        [ "$1" = --help ] && exit 0 || exit 2
        ;;
esac

BOLD='' DIM='' RESET=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then BOLD=$'\e[1m' DIM=$'\e[2m' RESET=$'\e[0m'; fi

step() { printf '%s[%3d s] %s%s\n' "$BOLD" "$SECONDS" "$*" "$RESET"; }
note() { printf '        %s\n' "$*"; }
shown() { printf '        %s$ %s%s\n' "$DIM" "$*" "$RESET"; }
indented() { fold -s -w 110 | sed 's/^/        /'; }
fail() {
    echo "quickstart: $*" >&2
    exit 1
}

stop_everything() {
    finish events 2
    finish worker 20
    STOP_SECONDS=1 "$NODE" stop "$DIR/broker"
    rm -rf "$DIR"
}

if [ "${1:-}" = --stop ]; then
    [ -n "$DIR" ] && [ -e "$DIR/quickstart" ] || fail "--stop wants the folder that --keep named"
    stop_everything
    exit 0
fi

DONE=no
at_exit() {
    local status=$?
    trap '' INT TERM
    [ -n "$DIR" ] || exit "$status"
    if [ "$DONE" = no ]; then
        echo "quickstart: stopped with status $status after $SECONDS s" >&2
        [ ! -s "$DIR/log/worker.out" ] || { echo "last lines of the worker:" && tail -n 15 "$DIR/log/worker.out"; } >&2
    elif [ "$KEEP" = yes ]; then
        exit 0
    fi
    stop_everything
    exit "$status"
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Run a long command with its log in a file, its last line shown now and then.
with_progress() {
    local log=$1 pid last='' line
    shift
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    while alive "$pid"; do
        sleep 1
        if [ $((SECONDS % 5)) = 0 ]; then
            line=$(tail -c 300 "$log" | tr '\r' '\n' | grep -v '^$' | tail -n 1 | cut -c 1-100)
            if [ -n "$line" ] && [ "$line" != "$last" ]; then
                printf '        %s[%3d s] %s%s\n' "$DIM" "$SECONDS" "$line" "$RESET"
            fi
            last=$line
        fi
    done
    wait "$pid" || {
        tail -n 40 "$log" >&2
        return 1
    }
}

wait_for() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! ours worker; then fail "the worker ended while waiting for $what"; fi
        [ "$SECONDS" -lt "$limit" ] || fail "waited too long for $what"
        sleep 0.1
    done
}


step "Packages"
"$ROOT/Tests/Servers/install.sh" build broker
note "librabbitmq, libcurl, libssh, libxml2, libyaml, OpenSSL, RabbitMQ server: installed"

require_swift
note "Swift $SWIFT_VERSION"
DIR=$(mktemp -d "${TMPDIR:-/tmp}/stowage-quickstart.XXXXXX")
touch "$DIR/quickstart"
mkdir "$DIR/spool" "$DIR/archive" "$DIR/archive-b" "$DIR/log"

step "Building (release, static standard library; the first time takes a few minutes)"
with_progress "$DIR/log/build.out" swift build --package-path "$ROOT" -c release --product stowage --static-swift-stdlib
note "$("$STOWAGE" version)"


step "A private RabbitMQ on loopback"
"$NODE" start "$DIR/broker" >/dev/null
# shellcheck source=/dev/null
. "$DIR/broker/facts"
ctl() { "$NODE" ctl "$DIR/broker" "$@"; }
ctl add_vhost "$VHOST"
PASSWORD=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
for user in worker operator administrator; do ctl add_user "stowage-$user" "$PASSWORD" >/dev/null; done
RABBITMQCTL="$NODE ctl $DIR/broker" "$ROOT/deploy/rabbitmq/permissions.sh" --vhost "$VHOST" \
    --worker stowage-worker --operator stowage-operator --administrator stowage-administrator
note "port $AMQP_PORT, virtual host $VHOST, users with the rights of deploy/rabbitmq/permissions.sh"

cat >"$DIR/stowage.yaml" <<YAML
broker:
  url: \${env:BROKER_URL}
  trustedUsers: [stowage-operator]   # whose replays count as replays
worker: { concurrency: 4, gracePeriodSeconds: 10 }
spool: { roots: [$DIR/spool] }
drivers:
  archive: { type: local, path: $DIR/archive, fallbacks: [archive-b] }
  archive-b: { type: local, path: $DIR/archive-b }
YAML
chmod 600 "$DIR/stowage.yaml"
export STOWAGE_CONFIG=$DIR/stowage.yaml

# stowage_as USER ARGS...
stowage_as() {
    local user=$1
    shift
    BROKER_URL="amqp://stowage-$user:$PASSWORD@$AMQP_HOST:$AMQP_PORT/$VHOST" "$STOWAGE" "$@"
}

step "Exchanges and queues"
shown stowage topology declare
stowage_as administrator topology declare | tail -n 3 | indented

step "A worker with two local drivers, archive and archive-b"
export -f stowage_as
export STOWAGE PASSWORD AMQP_HOST AMQP_PORT VHOST
launch worker bash -c 'stowage_as worker worker'
launch events bash -c 'stowage_as operator events --json'
consumed_by() { ctl list_consumers -p "$VHOST" queue_name | grep -q "$1"; }
wait_for 30 "the worker to consume" consumed_by '^stowage\.tasks\.archive$'
wait_for 30 "the events" consumed_by '^amq\.gen'
note "stowage worker (pid $(cut -d ' ' -f 1 "$DIR/run/worker"), log $DIR/log/worker.out)"

# The last event of a type for a task; the events follower writes one JSON line each.
event() { grep -F "\"stowage.task.$1\"" "$DIR/log/events.out" | grep -F "$2" | tail -n 1 | grep .; }
member() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | sed -n 1p; }


step "A real file: the documents and headers of this system"
find /usr/share/doc /usr/share/common-licenses /usr/include -type f -size -128k -readable 2>/dev/null | sort | sed -n '1,1500p' >"$DIR/files"
tar -cf "$DIR/spool/system-documents.tar" --no-recursion -P --files-from "$DIR/files" 2>/dev/null || true
note "$(du -h --apparent-size "$DIR/spool/system-documents.tar" | cut -f 1), $(wc -l <"$DIR/files") files, SHA-256 $(sha256sum "$DIR/spool/system-documents.tar" | cut -c 1-16)…"

step "Stored through AMQP"
shown stowage store system-documents.tar --driver archive --wait
stowage_as operator store "$DIR/spool/system-documents.tar" --driver archive --wait --json >"$DIR/stored.json"
KEY=$(member key <"$DIR/stored.json")
[ -n "$KEY" ] || fail "no key in the answer: $(head -c 500 "$DIR/stored.json")"
TASK=${KEY%%/*}
note "key $KEY"
wait_for 10 "the success event" event succeeded "$TASK"
note "the event, as every subscriber of stowage.events got it:"
event succeeded "$TASK" | indented
cmp "$DIR/spool/system-documents.tar" "$DIR/archive/$KEY"
note "lies in the archive, mode $(stat -c %a "$DIR/archive/$KEY"), equal byte for byte"

step "Retrieved through AMQP"
shown stowage retrieve "$KEY" --driver archive --to retrieved.tar --wait
stowage_as operator retrieve "$KEY" --driver archive --to "$DIR/spool/retrieved.tar" --wait | indented
cmp "$DIR/spool/system-documents.tar" "$DIR/spool/retrieved.tar"
note "equal byte for byte"

step "An overwrite is refused: the same task id with other bytes"
cat >"$DIR/overwrite.json" <<JSON
{"version": 1, "id": "$TASK", "operation": "store", "driver": "archive",
 "data": {"name": "system-documents.tar", "source": {"inline": "$(echo "other bytes" | base64)"}}}
JSON
shown stowage task overwrite.json --wait
status=0
stowage_as operator task "$DIR/overwrite.json" --wait >"$DIR/overwrite.out" 2>&1 || status=$?
indented <"$DIR/overwrite.out"
[ "$status" = 1 ] || fail "the overwrite ended with status $status instead of 1"
wait_for 10 "the conflict" event failed "$TASK"
event failed "$TASK" | grep -qF '"conflict"' || fail "the overwrite did not end as a conflict"
cmp "$DIR/spool/system-documents.tar" "$DIR/archive/$KEY"
note "refused as conflict; the archive is unchanged"
shown stowage dead drop --yes "$TASK"
stowage_as operator dead drop --yes "$TASK" | indented

step "A dead letter: a task whose source file is not there"
LATE=quickstart-late-$$
cat >"$DIR/late.json" <<JSON
{"version": 1, "id": "$LATE", "operation": "store", "driver": "archive",
 "data": {"name": "late.tar", "source": {"file": "$DIR/spool/late.tar"}}}
JSON
shown stowage task late.json --wait
status=0
stowage_as operator task "$DIR/late.json" --wait >"$DIR/late.out" 2>&1 || status=$?
indented <"$DIR/late.out"
[ "$status" = 1 ] || fail "the task without a source ended with status $status instead of 1"
shown stowage dead list
stowage_as operator dead list >"$DIR/dead.out"
indented <"$DIR/dead.out"
grep -qF "$LATE" "$DIR/dead.out" || fail "the task does not stand in the dead letters"
shown stowage dead show "$LATE"
stowage_as operator dead show "$LATE" | indented

step "The cause repaired, the dead letter replayed"
cp "$DIR/spool/system-documents.tar" "$DIR/spool/late.tar"
shown stowage dead replay "$LATE"
stowage_as operator dead replay "$LATE" | indented
wait_for 60 "the replayed task" event succeeded "$LATE"
cmp "$DIR/spool/late.tar" "$DIR/archive/$LATE/late.tar"
stowage_as operator dead list --json >"$DIR/dead.out"
if grep -qF "$LATE" "$DIR/dead.out"; then fail "the task still stands in the dead letters"; fi
note "stored; no dead letter is left"

DONE=yes
step "Done in $SECONDS s: stored, retrieved, compared, refused, replayed"
cat <<TEXT

What to try next
  deploy/quickstart.sh --keep        the same, and everything stays up for your own tasks
  Tests/run.sh                       every test, real RabbitMQ included
  docs/operations.md                 running it for real: users, permissions, versions, signals
  docs/reliability.md                what is promised when something crashes
TEXT
if [ "$KEEP" = yes ]; then
    cat <<TEXT

Left running in $DIR. For your shell:
  export STOWAGE_CONFIG=$DIR/stowage.yaml
  export BROKER_URL=amqp://stowage-operator:$PASSWORD@$AMQP_HOST:$AMQP_PORT/$VHOST
  $STOWAGE list --driver archive
Stop it with
  $ROOT/deploy/quickstart.sh --stop $DIR
TEXT
fi
