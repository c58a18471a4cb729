#!/bin/bash
# The unit and conformance suites under the thread sanitizer, a target at a time: all at once starve each other, since
# everything takes about ten times as long, and then fail by their time limits.
#
#   Tests/thread_sanitizer.sh [TARGET…]
#
# Without any, all but those that need servers of their own kind. A report is a failure even where the test itself goes on.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
SCRATCH=.build/thread-sanitizer
export TSAN_OPTIONS="exitcode=66" SWIFT_BACKTRACE=enable=no

if [ $# -gt 0 ]; then
    TARGETS=("$@")
else
    mapfile -t TARGETS < <(cd Tests && printf '%s\n' *Tests | grep -vxE 'EndToEndTests|ObjectStoreTests|FileServerTests')
fi

swift build --build-tests --sanitize=thread --scratch-path "$SCRATCH" || exit 1
worst=0
for target in "${TARGETS[@]}"; do
    echo "== $target"
    limit=600 width=()
    # Few at once: each has a server to wait for, and its time runs meanwhile.
    case $target in
        ObjectStoreTests | FileServerTests) limit=1500 width=(--experimental-maximum-parallelization-width 4) ;;
    esac
    timeout --kill-after=15 "$limit" swift test --disable-xctest --skip-build --sanitize=thread \
        --scratch-path "$SCRATCH" "${width[@]}" --filter "^$target\\."
    status=$?
    if [ $status != 0 ]; then
        echo "error: $target ended with status $status"
        worst=1
    fi
done
exit $worst
