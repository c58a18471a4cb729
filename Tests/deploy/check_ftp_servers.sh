#!/bin/bash
# The FTP suites over the servers that Debian does not let stand beside ProFTPD, and over one in Python.
#
#   check_ftp_servers.sh ROOT
#
# Needs root: vsftpd logs users in by the system's own means, in a mount namespace of its own.
set -euo pipefail

ROOT=$(cd "${1:-.}" && pwd)
cd "$ROOT"
export VSFTPD=$ROOT/.build/ftp-servers/usr/sbin/vsftpd PUREFTPD_ROOT=$ROOT/.build/ftp-servers
Tests/Servers/deb-extract.sh "$PUREFTPD_ROOT" vsftpd pure-ftpd pure-ftpd-common >/dev/null
status=0
for STOWAGE_FTP_SERVER in vsftpd pure-ftpd pyftpd pyftpd-plain; do
    export STOWAGE_FTP_SERVER
    echo "--- $STOWAGE_FTP_SERVER"
    swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 8 \
        --filter '^FileServerTests\.FTP(Conformance|Promise)Tests' || status=1
done
exit "$status"
