#!/bin/bash
# Stowage without the package trait SFTP: it builds where there is no libssh, has everything else, and says of `sftp`
# what is missing.
#
#   check_no_traits.sh ROOT
#
# Needs root: libssh is hidden from the build in a mount namespace of its own. The build stays in .build/no-traits.
set -euo pipefail

ROOT=$(cd "${1:-.}" && pwd)
SCRATCH=$ROOT/.build/no-traits
DIR=$(mktemp -d "${TMPDIR:-/tmp}/stowage-no-traits.XXXXXX")
trap 'rm -rf "$DIR"' EXIT
# shellcheck source=../../deploy/lib/toolchain.sh
. "$ROOT/deploy/lib/toolchain.sh"

fail() {
    echo "error: $*" >&2
    exit 1
}

require_swift
cd "$ROOT"
# Without a product SwiftPM builds every target of a package that is not a dependency, whatever the traits.
BUILD=(swift build --disable-default-traits --product stowage --explicit-target-dependency-import-check error
    --scratch-path "$SCRATCH")
mkdir "$DIR/nothing"
# shellcheck disable=SC2016
unshare --mount --propagation private bash -euc '
    nothing=$1 headers=/usr/include/libssh description=$(pkg-config --variable=pcfiledir libssh)/libssh.pc
    shift
    mount --bind "$nothing" "$headers"
    mount --bind /dev/null "$description"
    [ ! -e "$headers/libssh.h" ]
    exec "$@"' hidden "$DIR/nothing" "${BUILD[@]}"
STOWAGE=$(swift build --disable-default-traits --scratch-path "$SCRATCH" --show-bin-path)/stowage
! readelf -d "$STOWAGE" | grep -F NEEDED | grep -E 'libssh\.' || fail "it is linked with libssh"

mkdir "$DIR/archive" "$DIR/spool"
cat >"$DIR/stowage.yaml" <<C
broker: { url: "amqp://nobody:nothing@127.0.0.1:1/%2f" }
spool: { roots: [$DIR/spool] }
sources: { allow: [127.0.0.1] }
drivers:
  files: { type: local, path: $DIR/archive }
  archive: { type: ftp, host: ftp.example.org }
C
"$STOWAGE" validate "$DIR/stowage.yaml"

echo "a driver that is left out is named with what brings it back, and with no other driver in its place"
sed 's/type: ftp,/type: sftp, user: archive,/' "$DIR/stowage.yaml" >"$DIR/sftp.yaml"
status=0
"$STOWAGE" validate "$DIR/sftp.yaml" 2>"$DIR/problems" || status=$?
cat "$DIR/problems"
[ "$status" = 2 ] || fail "sftp ended with status $status"
grep -F 'drivers.archive.type' "$DIR/problems" | grep -F 'trait SFTP' || fail "the trait is not named"
! grep -F 'did you mean' "$DIR/problems" || fail "another driver is named"

echo "a file by sftp is unsupported; everything else is stored"
task() {
    cat <<T
{"version": 1, "id": "$1", "operation": "store", "driver": "files",
 "data": {"name": "archive.bin", "path": "course-12", "source": $2}}
T
}
head -c 100003 /dev/urandom >"$DIR/spool/archive.bin"
task one "{\"file\": \"$DIR/spool/archive.bin\"}" >"$DIR/one.json"
task two '{"url": "sftp://127.0.0.1/archive.bin"}' >"$DIR/two.json"
"$STOWAGE" run "$DIR/one.json" --config "$DIR/stowage.yaml"
cmp "$DIR/spool/archive.bin" "$DIR/archive/course-12/one/archive.bin"
status=0
"$STOWAGE" run "$DIR/two.json" --config "$DIR/stowage.yaml" >"$DIR/answer" 2>&1 || status=$?
cat "$DIR/answer"
[ "$status" = 1 ] && grep -qF unsupported "$DIR/answer" || fail "sftp by URL ended with status $status"
