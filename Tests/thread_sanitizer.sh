#!/bin/bash
# The unit and conformance suites under the thread sanitizer, a target at a time: all at once starve each other, since
# everything takes about ten times as long, and then fail by their time limits.
#
#   Tests/thread_sanitizer.sh [TARGET…]
#
# A report is a failure even where the test itself goes on.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
SCRATCH=.build/thread-sanitizer
export TSAN_OPTIONS="exitcode=66" SWIFT_BACKTRACE=enable=no

if [ $# -gt 0 ]; then
    TARGETS=("$@")
else
    mapfile -t TARGETS < <(cd Tests && printf '%s\n' *Tests | grep -vxE 'EndToEndTests|ObjectStoreTests')
fi

swift build --build-tests --sanitize=thread --scratch-path "$SCRATCH" || exit 1
worst=0
for target in "${TARGETS[@]}"; do
    echo "== $target"
    timeout --kill-after=15 600 swift test --disable-xctest --skip-build --sanitize=thread --scratch-path "$SCRATCH" \
        --filter "^$target\\."
    status=$?
    if [ $status != 0 ]; then
        echo "error: $target ended with status $status"
        worst=1
    fi
done
exit $worst
