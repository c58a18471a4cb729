#!/bin/bash
# Compare Stowage with rclone: many small files and one large one to one private file server (WebDAV: Apache; FTP: ProFTPD;
# SFTP: sshd), in one run, interleaved, both with the same files, as many at once, into a folder of its own.
#
#   files.sh PROTOCOL… [--rounds N] [--files N] [--large-mib N]       PROTOCOL: webdav, ftp, sftp
#
# Every time is that of the whole process, from its start to its end. A time counts only when every file is on the server's
# disk with its size, and the large one with its SHA-256. "stowage" compares sizes, as rclone does with servers that
# tell no digest; "proved" does what Stowage does by default: the server's digest, or each archive read back.
# Prints every figure, the medians and the ratios, and exits 1 when rclone/stowage is below FILES_LIMIT. Without a release build
# (`swift build -c release --product Benchmarks`) rclone runs alone. Wants an idle machine: the server is on it, too.
set -euo pipefail
shopt -s inherit_errexit

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BIN=${STOWAGE_BIN:-$ROOT/.build/release}
PYTHON=$ROOT/.venv/bin/python
. "$ROOT/Tests/Benchmarks/figures.sh"
ROUNDS=3 FILES=500 LARGE_MIB=512 PROTOCOLS=()
FILES_LIMIT=${FILES_LIMIT:-0.9}
# Small files at once.
SLOTS=16

while [ $# -gt 0 ]; do
    case $1 in
        webdav | ftp | sftp)
            PROTOCOLS+=("$1")
            shift
            continue
            ;;
        --rounds) ROUNDS=$2 ;;
        --files) FILES=$2 ;;
        --large-mib) LARGE_MIB=$2 ;;
        *)
            echo "usage: files.sh webdav|ftp|sftp… [--rounds N] [--files N] [--large-mib N]" >&2
            exit 2
            ;;
    esac
    shift 2
done
[ ${#PROTOCOLS[@]} -gt 0 ] || PROTOCOLS=(webdav)

WORK=$(mktemp -d "${BENCHMARK_FOLDER:-/var/tmp}/stowage-files.XXXXXX")
# The servers' users pass through it.
chmod 755 "$WORK"
server_of() {
    case $1 in
        webdav) echo apache-dav.sh ;;
        ftp) echo proftpd.sh ;;
        sftp) echo sshd.sh ;;
    esac
}
cleanup() {
    local protocol
    for protocol in "${PROTOCOLS[@]}"; do
        "$ROOT/Tests/Servers/$(server_of "$protocol")" stop "$WORK/$protocol" || true
    done
    rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

"$ROOT/Tests/Servers/install.sh" files
# Not the Python program around it, which takes a tenth of a second to start.
RCLONE=$("$PYTHON" -c "import rclone_api, os; print(os.path.join(os.path.dirname(rclone_api.__file__), 'bin', 'rclone'))")
"$RCLONE" version | head -n 1

mkdir "$WORK/small" "$WORK/large"
for ((number = 0; number < FILES; number++)); do head -c 65536 /dev/urandom >"$WORK/small/$number.bin"; done
head -c "${LARGE_MIB}M" /dev/urandom >"$WORK/large/large.bin"
LARGE_DIGEST=$(sha256sum "$WORK/large/large.bin" | cut -d ' ' -f 1)

# start PROTOCOL: sets DISK, the folder of the server's disk that archives lie in; REMOTE and KEYS, how it is reached
start() {
    local port=$(((RANDOM % 1900 + 1200) * 10)) facts=$WORK/$1/facts.env
    # A port for the data of every file: one that was used is not free again at once.
    FTP_PASSIVE=1500 "$ROOT/Tests/Servers/$(server_of "$1")" start "$WORK/$1" "$port" >/dev/null
    # shellcheck source=/dev/null
    . "$facts"
    case $1 in
        webdav)
            DISK=$DAV_ROOT/dav
            REMOTE=(":webdav:" --webdav-url "$DAV_URL" --webdav-vendor other --webdav-user "$DAV_USER"
                --webdav-pass "$("$RCLONE" obscure "$DAV_PASSWORD")")
            KEYS="type: webdav, url: \"$DAV_URL@\", user: $DAV_USER, password: $DAV_PASSWORD"
            ;;
        ftp)
            DISK=$FTP_ROOT
            REMOTE=(":ftp:" --ftp-host "$FTP_HOST" --ftp-port "$FTP_PORT" --ftp-user "$FTP_USER"
                --ftp-pass "$("$RCLONE" obscure "$FTP_PASSWORD")")
            KEYS="type: ftp, host: $FTP_HOST, port: $FTP_PORT, user: $FTP_USER, password: $FTP_PASSWORD, tls: none, path: \"@\""
            ;;
        sftp)
            DISK=$SFTP_ROOT
            REMOTE=(":sftp:$SFTP_PATH" --sftp-host "$SFTP_HOST" --sftp-port "$SFTP_PORT" --sftp-user "$SFTP_USER"
                --sftp-key-file "$SFTP_KEYS/id_ed25519" --sftp-known-hosts-file "$SFTP_KNOWN_HOSTS" --sftp-disable-hashcheck)
            KEYS="type: sftp, host: $SFTP_HOST, port: $SFTP_PORT, user: $SFTP_USER, privateKeyFile: $SFTP_KEYS/id_ed25519, "
            KEYS+="knownHostsFile: $SFTP_KNOWN_HOSTS, path: \"$SFTP_PATH/@\""
            ;;
    esac
}

# by_CONTENDER KIND FOLDER
by_rclone() {
    "$RCLONE" --config /dev/null --quiet --transfers "$SLOTS" --checkers "$SLOTS" "${REMOTE[@]:1}" \
        copy "$WORK/$1" "${REMOTE[0]%/}${REMOTE[0]:+/}$2"
}

# The whole worker, which hashes every file with SHA-256 besides; a driver that is down would be waited for.
by_worker() {
    local slots=$SLOTS
    [ "$1" = small ] || slots=1
    timeout 300 "$BIN/Benchmarks" files "$WORK/$1" "{ ${KEYS/@/$2}, concurrency: $slots, verify: $3 }" "$slots"
}
by_stowage() { by_worker "$1" "$2" size; }
by_proved() { by_worker "$1" "$2" server; }

# check KIND FOLDER: whether everything is there
check() {
    local found
    if [ "$1" = small ]; then
        found=$(find "$DISK/$2" -type f -size 65536c | wc -l)
        [ "$found" = "$FILES" ] || { echo "files: $found files of $FILES in $2" >&2; return 1; }
    else
        found=$(find "$DISK/$2" -type f -size +1M -exec sha256sum {} +)
        [ "${found%% *}" = "$LARGE_DIGEST" ] || { echo "files: other bytes in $2" >&2; return 1; }
    fi
}

# measure CONTENDER KIND ROUND: prints the seconds
measure() {
    local folder=$2-$1-$3 began ended
    began=$EPOCHREALTIME
    "by_$1" "$2" "$folder" >"$WORK/$folder.log" 2>&1 || {
        tail -n 20 "$WORK/$folder.log" >&2
        return 1
    }
    ended=$EPOCHREALTIME
    check "$2" "$folder" >&2
    rm -rf "${DISK:?}/$folder"
    seconds "$began" "$ended"
}

CONTENDERS="rclone stowage proved"
if [ ! -x "$BIN/Benchmarks" ]; then
    CONTENDERS="rclone"
    echo "files: no release build in $BIN: only rclone"
fi

failures=0
for protocol in "${PROTOCOLS[@]}"; do
    start "$protocol"
    for ((round = 1; round <= ROUNDS; round++)); do
        for kind in small large; do
            for contender in $CONTENDERS; do
                seconds=$(measure "$contender" "$kind" "$round")
                echo "$seconds" >>"$WORK/$protocol-$kind-$contender.seconds"
                printf '%-6s  round %d  %-5s  %-8s %8.3f s\n' "$protocol" "$round" "$kind" "$contender" "$seconds"
            done
        done
    done
    echo
    for kind in small large; do
        for contender in $CONTENDERS; do
            spread "$WORK/$protocol-$kind-$contender.seconds" "$protocol $kind $contender" 24 %8.3f s
        done
        [ "$CONTENDERS" != rclone ] || continue
        awk -v label="$protocol $kind" -v rclone="$(median "$WORK/$protocol-$kind-rclone.seconds")" \
            -v stowage="$(median "$WORK/$protocol-$kind-stowage.seconds")" -v proved="$(median "$WORK/$protocol-$kind-proved.seconds")" \
            -v limit="$FILES_LIMIT" 'BEGIN {
                printf "ratio  %-14s rclone/stowage %5.2f  (at least %s), rclone/proved %5.2f\n",
                    label, rclone / stowage, limit, rclone / proved
                exit rclone / stowage < limit }' || failures=$((failures + 1))
    done
    "$ROOT/Tests/Servers/$(server_of "$protocol")" stop "$WORK/$protocol"
    echo
done
exit $((failures > 0))
