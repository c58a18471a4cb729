#!/bin/bash
# The root of another Debian release, to run newer servers than Debian 12 has. Prints its folder.
#
#   debian-root.sh SUITE FOLDER PACKAGE…     needs root; idempotent; starts no service
#
# A root that is there already gets the packages that it lacks.
set -euo pipefail

[ $# -ge 3 ] || { echo "usage: debian-root.sh SUITE FOLDER PACKAGE…" >&2; exit 2; }
SUITE=$1 FOLDER=$2
shift 2
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "debian-root: needs root" >&2; exit 1; }

in_root() { chroot "$FOLDER" env DEBIAN_FRONTEND=noninteractive "$@"; }

# Written last: what a run that was ended has left is made anew.
if [ "$(cat "$FOLDER/.complete" 2>/dev/null)" != "$SUITE" ]; then
    if ! command -v debootstrap >/dev/null; then
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends debootstrap >&2
    fi
    script=/usr/share/debootstrap/scripts/$SUITE
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    rm -rf "$FOLDER"
    mkdir -p "$FOLDER"
    debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$FOLDER" ${mirror:+"$mirror"} "$script" >&2
    printf '#!/bin/sh\nexit 101\n' >"$FOLDER/usr/sbin/policy-rc.d"
    chmod 755 "$FOLDER/usr/sbin/policy-rc.d"
    echo "$SUITE" >"$FOLDER/.complete"
fi
missing=()
for package in "$@"; do
    [ "$(in_root dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    in_root dpkg --configure -a >&2
    in_root apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 || {
        # The package lists may be old.
        in_root apt-get update -q >&2
        in_root apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
    }
fi
echo "$FOLDER"
