#!/bin/bash
# Compare Stowage with s5cmd and rclone: many small files and one large one into one private S3 store (Ceph, in memory),
# in one run, interleaved, each contender with the same files, as many files and parts at once, into a bucket of its own.
#
#   s3.sh [--rounds N] [--files N] [--large-mib N]
#
# Every time is that of the whole process, from its start to its end. A time counts only when the bucket holds every file
# with its size, and the large one with its SHA-256. Prints every figure, the medians and the ratios to the better of the
# two yardsticks, and exits 1 when a ratio is below S3_LIMIT. Without a release build (`swift build -c release --product
# Benchmarks`) the yardsticks run alone. Wants an idle machine: the store lives on the same processors.
set -euo pipefail
shopt -s inherit_errexit

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BIN=${STOWAGE_BIN:-$ROOT/.build/release}
PYTHON=$ROOT/.venv/bin/python
. "$ROOT/Tests/Benchmarks/figures.sh"
SERVER=$ROOT/Tests/Servers/ceph-rgw.sh
ROUNDS=3 FILES=1000 LARGE_MIB=1024
S3_LIMIT=${S3_LIMIT:-0.9}
# At once: small files; parts of the large file, and their size.
SLOTS=64 PARTS=8 PART_MIB=16
export PYTHONDONTWRITEBYTECODE=1

while [ $# -gt 0 ]; do
    case $1 in
        --rounds) ROUNDS=$2 ;;
        --files) FILES=$2 ;;
        --large-mib) LARGE_MIB=$2 ;;
        *)
            echo "usage: s3.sh [--rounds N] [--files N] [--large-mib N]" >&2
            exit 2
            ;;
    esac
    shift 2
done

WORK=$(mktemp -d "${BENCHMARK_FOLDER:-/var/tmp}/stowage-s3.XXXXXX")
cleanup() {
    "$SERVER" stop "$WORK/store" || true
    rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

"$ROOT/Tests/Servers/install.sh" s3
# Not the Python programs around them, which take a tenth of a second to start.
program() { "$PYTHON" -c "import $1, os; print(os.path.join(os.path.dirname($1.__file__), 'bin', '$2'))"; }
S5CMD=$(program s5cmd s5cmd)
RCLONE=$(program rclone_api rclone)

# Below the ports that the kernel gives to outgoing connections.
PORT=$(((RANDOM % 1900 + 1200) * 10))
RGW_OSD_BYTES=$(((LARGE_MIB * 3 + FILES) << 20)) "$SERVER" start "$WORK/store" "$PORT" >/dev/null
# shellcheck source=/dev/null
. "$WORK/store/facts.env"
export S3_ENDPOINT AWS_ACCESS_KEY_ID=$S3_ACCESS_KEY AWS_SECRET_ACCESS_KEY=$S3_SECRET_KEY AWS_REGION=$S3_REGION
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

mkdir "$WORK/small" "$WORK/large"
for ((number = 0; number < FILES; number++)); do head -c 65536 /dev/urandom >"$WORK/small/$number.bin"; done
head -c "${LARGE_MIB}M" /dev/urandom >"$WORK/large/large.bin"
LARGE_DIGEST=$(sha256sum "$WORK/large/large.bin" | cut -d ' ' -f 1)

# by_CONTENDER KIND BUCKET
by_s5cmd() {
    "$S5CMD" --endpoint-url "$S3_ENDPOINT" --numworkers "$SLOTS" --log error \
        cp --concurrency "$PARTS" --part-size "$PART_MIB" "$WORK/$1/*" "s3://$2/"
}

# It sends an MD5 with every file and part, and compares what the store makes of them.
by_rclone() {
    "$RCLONE" --config /dev/null --quiet --checksum --transfers "$SLOTS" --checkers "$SLOTS" \
        --s3-provider Ceph --s3-endpoint "$S3_ENDPOINT" --s3-env-auth --s3-no-check-bucket \
        --s3-upload-concurrency "$PARTS" --s3-chunk-size "${PART_MIB}M" copy "$WORK/$1" ":s3:$2"
}

# The whole worker, which hashes every file with SHA-256 besides; a driver that is down would be waited for.
by_stowage() {
    local slots=$SLOTS driver
    [ "$1" = small ] || slots=$PARTS
    driver="{ type: s3, bucket: $2, endpoint: \"$S3_ENDPOINT\", region: $S3_REGION, accessKey: \"$S3_ACCESS_KEY\", "
    driver+="secretKey: \"$S3_SECRET_KEY\", concurrency: $slots, partSizeBytes: $((PART_MIB << 20)) }"
    timeout 300 "$BIN/Benchmarks" files "$WORK/$1" "$driver" "$slots"
}

# bucket prepare NAME | bucket check NAME small COUNT | bucket check NAME large MIB SHA-256
bucket() {
    "$PYTHON" - "$@" <<'PYTHON'
import hashlib, os, sys
import boto3

s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"], region_name="us-east-1")
command, name, *wanted = sys.argv[1:]
if command == "prepare":
    s3.create_bucket(Bucket=name)
    sys.exit()
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
found = [(item["Key"], item["Size"]) for page in pages for item in page.get("Contents", [])]
if wanted[0] == "small":
    count = sum(size == 65536 for _, size in found)
    if count != int(wanted[1]):
        sys.exit(f"s3: {count} files of {wanted[1]} in {name}")
else:
    keys = [key for key, size in found if size == int(wanted[1]) << 20]
    if len(keys) != 1:
        sys.exit(f"s3: the large file is not in {name}: {found}")
    read = hashlib.sha256()
    for chunk in s3.get_object(Bucket=name, Key=keys[0])["Body"].iter_chunks(1 << 20):
        read.update(chunk)
    if read.hexdigest() != wanted[2]:
        sys.exit(f"s3: other bytes in {name}")
PYTHON
}

# measure CONTENDER KIND ROUND: prints the seconds.
measure() {
    local contender=$1 kind=$2 name=$2-$1-$3 began ended wanted
    bucket prepare "$name" >&2
    began=$EPOCHREALTIME
    "by_$contender" "$kind" "$name" >"$WORK/$name.log" 2>&1 || {
        tail -n 20 "$WORK/$name.log" >&2
        return 1
    }
    ended=$EPOCHREALTIME
    wanted=(small "$FILES")
    [ "$kind" = small ] || wanted=(large "$LARGE_MIB" "$LARGE_DIGEST")
    bucket check "$name" "${wanted[@]}" >&2
    "$SERVER" admin "$WORK/store" bucket rm --bucket="$name" --purge-objects --bypass-gc >&2
    seconds "$began" "$ended"
}

CONTENDERS="s5cmd rclone"
if [ -x "$BIN/Benchmarks" ]; then
    CONTENDERS="s5cmd rclone stowage"
else
    echo "s3: no release build in $BIN: only the yardsticks"
fi

for ((round = 1; round <= ROUNDS; round++)); do
    for kind in small large; do
        for contender in $CONTENDERS; do
            seconds=$(measure "$contender" "$kind" "$round")
            echo "$seconds" >>"$WORK/$kind-$contender.seconds"
            printf 'round %d  %-5s  %-8s %8.3f s\n' "$round" "$kind" "$contender" "$seconds"
        done
    done
done

echo
for kind in small large; do
    for contender in $CONTENDERS; do
        spread "$WORK/$kind-$contender.seconds" "$kind $contender" 14 %8.3f s
    done
done

failures=0
for kind in small large; do
    [ -e "$WORK/$kind-stowage.seconds" ] || continue
    awk -v kind="$kind" -v s5cmd="$(median "$WORK/$kind-s5cmd.seconds")" -v rclone="$(median "$WORK/$kind-rclone.seconds")" \
        -v stowage="$(median "$WORK/$kind-stowage.seconds")" -v limit="$S3_LIMIT" 'BEGIN {
            better = s5cmd < rclone ? s5cmd : rclone
            printf "ratio    %-5s s5cmd/stowage %5.2f, rclone/stowage %5.2f, better/stowage %5.2f  (at least %s)\n",
                kind, s5cmd / stowage, rclone / stowage, better / stowage, limit
            exit better / stowage < limit }' || failures=$((failures + 1))
done
exit $((failures > 0))
