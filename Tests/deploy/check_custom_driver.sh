#!/bin/bash
# Somebody else's driver, as somebody else would build it: deploy/examples/custom-driver is copied out of the repository,
# built there, proved by the conformance suite, and its worker stores and retrieves an archive through AMQP.
#
#   check_custom_driver.sh ROOT
#
# The build stays in .build/custom-driver, so that only the first run compiles all of Stowage a second time.
set -euo pipefail

ROOT=$(cd "${1:-.}" && pwd)
NODE=$ROOT/deploy/lib/private-rabbitmq.sh
SCRATCH=$ROOT/.build/custom-driver
DIR=$(mktemp -d "${TMPDIR:-/tmp}/stowage-custom-driver.XXXXXX")
export STOWAGE_PATH=$ROOT SWIFT_BACKTRACE=enable=no STOWAGE_CONFIG=$DIR/stowage.yaml
# shellcheck source=../../deploy/lib/processes.sh
. "$ROOT/deploy/lib/processes.sh"
# shellcheck source=../../deploy/lib/toolchain.sh
. "$ROOT/deploy/lib/toolchain.sh"

at_exit() {
    local status=$?
    trap '' INT TERM
    finish worker 20
    STOP_SECONDS=1 "$NODE" stop "$DIR/broker"
    [ "$status" = 0 ] || tail -n 20 "$DIR"/log/*.out 2>/dev/null || true
    rm -rf "$DIR"
    exit "$status"
}
trap at_exit EXIT

fail() {
    echo "error: $*" >&2
    exit 1
}

require_swift
cp -R "$ROOT/deploy/examples/custom-driver" "$DIR/package"
rm -rf "$DIR/package/.build"
mkdir "$DIR/spool" "$DIR/archive" "$DIR/log"
cd "$DIR/package"
echo "[$SECONDS s] building in $PWD"
swift build --build-tests --explicit-target-dependency-import-check error --scratch-path "$SCRATCH"
echo "[$SECONDS s] testing"
swift test --disable-xctest --skip-build --scratch-path "$SCRATCH"
WORKER=$(swift build --scratch-path "$SCRATCH" --show-bin-path)/archive-worker

echo "[$SECONDS s] the driver is a type like any other"
sed "s|/srv/archive/|$DIR/archive/|; s|/var/spool/stowage|$DIR/spool|" stowage.yaml >"$STOWAGE_CONFIG"
echo "  files: { type: local, path: $DIR/archive, fallbacks: [archive] }" >>"$STOWAGE_CONFIG"
export BROKER_URL=amqp://nobody:nothing@127.0.0.1:1/%2f
"$WORKER" validate
sed 's|    path: .*sqlite|    paht: /tmp/x|' "$STOWAGE_CONFIG" >"$DIR/misspelt.yaml"
status=0
"$WORKER" validate "$DIR/misspelt.yaml" 2>"$DIR/problems" || status=$?
[ "$status" = 2 ] || fail "a misspelt key ended with status $status"
grep -F 'drivers.archive.paht' "$DIR/problems" | grep -F 'did you mean path?' || fail "$(cat "$DIR/problems")"

echo "[$SECONDS s] a worker on a private RabbitMQ"
"$NODE" start "$DIR/broker" >"$DIR/log/start.out"
# shellcheck source=/dev/null
. "$DIR/broker/facts"
export BROKER_URL="amqp://$ADMIN_USER:$ADMIN_PASSWORD@$AMQP_HOST:$AMQP_PORT/%2f"
"$WORKER" topology declare >"$DIR/log/topology.out"
launch worker "$WORKER" worker
read -r PID _ <"$DIR/run/worker"
head -c 20000003 /dev/urandom >"$DIR/spool/archive.bin"
"$WORKER" store "$DIR/spool/archive.bin" --driver archive --path course-12 --id one --wait --timeout 60
KEY=course-12/one/archive.bin
"$WORKER" list --driver archive | grep -F "$KEY"
"$WORKER" retrieve "$KEY" --driver archive --to "$DIR/spool/retrieved.bin" --wait --timeout 60
cmp "$DIR/spool/archive.bin" "$DIR/spool/retrieved.bin"
"$WORKER" retrieve "$KEY" --driver archive --output "$DIR/part.bin" --range 1048570:100 --timeout 60
cmp "$DIR/part.bin" <(tail -c +1048571 "$DIR/spool/archive.bin" | head -c 100)
"$WORKER" check archive files --timeout 60

echo "[$SECONDS s] other bytes under the same task id are a conflict"
head -c 20000003 /dev/urandom >"$DIR/spool/archive.bin"
status=0
"$WORKER" store "$DIR/spool/archive.bin" --driver archive --path course-12 --id one --wait --timeout 60 2>"$DIR/problems" || status=$?
[ "$status" = 1 ] && grep -F conflict "$DIR/problems" || fail "the overwrite ended with status $status: $(cat "$DIR/problems")"
"$WORKER" verify "$KEY" --driver archive --timeout 60

kill -TERM "$PID"
status=0
wait "$PID" || status=$?
[ "$status" = 0 ] || fail "the worker ended with status $status"
echo "[$SECONDS s] built, proved, stored, retrieved, compared, refused"
