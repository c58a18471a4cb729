#!/bin/bash
# The one test command. On a bare Debian 12 with a Swift 6 toolchain it installs what it needs and runs everything;
# it can be run again at any time.
#
#   Tests/run.sh            format, builds, architecture, all tests, thread sanitizer, deployment files
#   Tests/run.sh --full     and besides: slow tests, a newer RabbitMQ and Ceph, more FTP servers, no SFTP, the quickstart twice, benchmarks
#   Tests/run.sh STEP…      only these steps (install runs always); --list names them
#
# Ends with the line "N passed, N failed"; the exit code is 1 when anything failed. Logs stay in .build/logs.
set -uo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$ROOT" || exit 2
LOGS=$ROOT/.build/logs
PYTHON=$ROOT/.venv/bin/python
CONFORMANCE='^(Broker|Driver)ConformanceTests\.'
OBJECT_STORES='^ObjectStoreTests\.'
FILE_SERVERS='^FileServerTests\.'
END_TO_END='^EndToEndTests\.'
# A backtrace of a crash that a test provokes takes seconds and says nothing.
export SWIFT_BACKTRACE=enable=no PYTHONDONTWRITEBYTECODE=1

STEPS=(format build layers unit conformance object-stores file-servers custom-driver release end-to-end thread-sanitizer golden definitions permissions containers)
FULL_STEPS=(newer-broker newer-store ftp-servers more-file-servers no-traits quickstart quickstart-again benchmarks s3-benchmarks file-benchmarks)
WANTED=()
FULL=no
for argument in "$@"; do
    case $argument in
        --full) FULL=yes ;;
        --list)
            printf '%s\n' "${STEPS[@]}" "${FULL_STEPS[@]}"
            exit 0
            ;;
        *)
            if [[ " ${STEPS[*]} ${FULL_STEPS[*]} " != *" $argument "* ]]; then
                sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
                exit 2
            fi
            WANTED+=("$argument")
            ;;
    esac
done
if [ ${#WANTED[@]} = 0 ]; then
    WANTED=("${STEPS[@]}")
    if [ "$FULL" = yes ]; then WANTED+=("${FULL_STEPS[@]}"); fi
fi
if [ "$FULL" = yes ]; then export STOWAGE_TESTS_FULL=1; fi

PASSED=0
FAILED=0
mkdir -p "$LOGS"

# step NAME LIMIT COUNT CMD...: run CMD for at most LIMIT seconds; COUNT turns its log and status into figures.
step() {
    local name=$1 limit=$2 count=$3 began=$SECONDS status passed failed log
    shift 3
    if [[ " ${WANTED[*]} " != *" $name "* ]]; then return; fi
    log=$LOGS/$name.log
    timeout --kill-after=15 "$limit" "$@" >"$log" 2>&1 </dev/null
    status=$?
    read -r passed failed < <("$count" "$log" "$status")
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
    if [ "$failed" = 0 ]; then
        printf 'ok      %-18s %5d passed %24s %4d s\n' "$name" "$passed" '' $((SECONDS - began))
    else
        printf 'FAILED  %-18s %5d passed, %d failed (status %d) %4d s   log: .build/logs/%s.log\n' \
            "$name" "$passed" "$failed" "$status" $((SECONDS - began)) "$name"
        if [ "$status" = 124 ] || [ "$status" = 137 ]; then echo "    ended after $limit s"; fi
        failures_in "$log" | sed 's/^/    /'
    fi
}

# A check is one test.
one_check() { if [ "$2" = 0 ]; then echo 1 0; else echo 0 1; fi; }

# Swift Testing prints "✔ Test NAME passed after …" or "✘ Test NAME failed after …" for each, and "Test run with N tests …"
# at the end. No such end, no test at all, or a status that the tests do not explain is a failure.
swift_tests() {
    local log=$1 status=$2 passed failed
    passed=$(ended passed "$log")
    failed=$(ended failed "$log")
    if [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ] || ! grep -q 'Test run with [0-9]* test' "$log"; }; then
        failed=1
    fi
    echo "$passed $failed"
}

ended() { grep -E "^[^[:alnum:]]*Test .* $1 after [0-9.]+ seconds" "$2" | grep -cvE 'Test (run with [0-9]+ test|case passing )'; }

# Whatever a reader needs of a log: the findings with what belongs to them, else its end. What began or passed is none,
# whatever words its arguments have; the lines behind a finding are (what a program said last).
failures_in() {
    local found
    found=$(awk '
        /^[^[:alnum:]]*(◇|✔) / || /↳ (Testing Library Version|Target Platform|\/\/\/)/ { follow = 0; next }
        /✘|↳|recorded an issue|(error|warning): |Fatal error|ThreadSanitizer/ { follow = 14; print; next }
        follow > 0 { follow--; print }' "$1" | cut -c -600 | head -n 200)
    if [ -n "$found" ]; then printf '%s\n' "$found"; fi
    if [ -z "$found" ] || { grep -q 'Test run started' "$1" && ! grep -q 'Test run with' "$1"; }; then
        echo "… the end of the log:"
        tail -n 40 "$1"
    fi
}

echo "Installing what is missing"
Tests/Servers/install.sh || exit 2
# shellcheck source=../deploy/lib/toolchain.sh
. "$ROOT/deploy/lib/toolchain.sh"
require_swift || exit 2
echo "Swift $SWIFT_VERSION, $(nproc) processors"
export PATH

RELEASE=(swift build -c release --static-swift-stdlib)
# Line by line: what stands in a buffer when the time of a step is over is lost.
TEST=(stdbuf -oL swift test --disable-xctest)

step format 300 one_check swift format lint --strict --recursive Sources Tests deploy/examples Package.swift
step build 2700 one_check swift build --build-tests --explicit-target-dependency-import-check error
step layers 120 one_check "$PYTHON" Tests/deploy/check_layers.py "$ROOT"
step unit 900 swift_tests "${TEST[@]}" --skip-build --skip "$CONFORMANCE" \
    --skip "$OBJECT_STORES" --skip "$FILE_SERVERS" --skip "$END_TO_END"
step conformance 1200 swift_tests "${TEST[@]}" --skip-build --filter "$CONFORMANCE"
# Few at once: each has a store to wait for, and its time runs meanwhile.
step object-stores 1200 swift_tests "${TEST[@]}" --skip-build --experimental-maximum-parallelization-width 8 \
    --filter "$OBJECT_STORES"
step file-servers 1800 swift_tests "${TEST[@]}" --skip-build --experimental-maximum-parallelization-width 8 \
    --filter "$FILE_SERVERS"
# The first time it builds Stowage once more, as somebody's dependency.
step custom-driver 2700 swift_tests Tests/deploy/check_custom_driver.sh "$ROOT"
# The tests of what a worker costs measure this one.
step release 2700 one_check "${RELEASE[@]}" --product stowage
step end-to-end 1800 swift_tests "${TEST[@]}" --skip-build --filter "$END_TO_END"
step thread-sanitizer 2700 swift_tests Tests/thread_sanitizer.sh
step golden 120 one_check "$PYTHON" Tests/StowageContractTests/validate_golden.py "$ROOT"
step definitions 60 one_check "$PYTHON" Tests/deploy/check_definitions.py "$ROOT"
step permissions 180 one_check "$PYTHON" Tests/deploy/check_permissions.py "$ROOT"
step containers 180 one_check Tests/deploy/check_containers.sh "$ROOT"

step newer-broker 1200 one_check Tests/deploy/check_newer_broker.sh "$ROOT"
step newer-store 1800 swift_tests Tests/deploy/check_newer_store.sh "$ROOT"
step ftp-servers 2400 swift_tests Tests/deploy/check_ftp_servers.sh "$ROOT"
step more-file-servers 2400 swift_tests Tests/deploy/check_more_file_servers.sh "$ROOT"
# The first time it builds Stowage once more.
step no-traits 2700 one_check Tests/deploy/check_no_traits.sh "$ROOT"
step quickstart 900 one_check deploy/quickstart.sh
step quickstart-again 300 one_check deploy/quickstart.sh
step benchmarks 2700 one_check bash -ec '"$@" --product stowage; "$@" --product Benchmarks; Tests/Benchmarks/compare.sh' \
    benchmarks "${RELEASE[@]}"
step s3-benchmarks 2700 one_check bash -ec '"$@" --product Benchmarks; Tests/Benchmarks/s3.sh' s3-benchmarks "${RELEASE[@]}"
# Guards what is reached; the goal is 0.9 (docs/benchmarks.md).
step file-benchmarks 1800 one_check bash -ec \
    '"$@" --product Benchmarks; FILES_LIMIT=0.5 Tests/Benchmarks/files.sh webdav sftp ftp' \
    file-benchmarks "${RELEASE[@]}"

printf '\n%d min %d s\n%d passed, %d failed\n' $((SECONDS / 60)) $((SECONDS % 60)) "$PASSED" "$FAILED"
exit $((FAILED > 0))
