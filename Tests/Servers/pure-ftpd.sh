#!/bin/bash
# Pure-FTPd: FTP and explicit FTPS with MLSD and virtual users with quotas.
# apt: pure-ftpd pure-ftpd-common (or deb-extract.sh DIR pure-ftpd pure-ftpd-common, then
#      PUREFTPD_ROOT=DIR)   Ports: PORT ftp + AUTH TLS, PORT+10 and the next FTP_PASSIVE (default 50) passive
# Env: PUREFTPD_ROOT, FTP_TLS=optional|required, FTP_QUOTA_MB (size limit of user lab)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
do_start() {
  local r=${PUREFTPD_ROOT:-} y=1; need "$r/usr/sbin/pure-ftpd" "pure-ftpd pure-ftpd-common"
  [ "${FTP_TLS:-optional}" != required ] || y=3
  make_certs; mkdir -p "$DIR"/{data/lab,etc}; chown 2000:2000 "$DIR/data/lab"
  ( printf 'labpass\nlabpass\n' | "$r/usr/bin/pure-pw" useradd lab -f "$DIR/etc/pureftpd.passwd" -u 2000 -g 2000 -d "$DIR/data/lab" ${FTP_QUOTA_MB:+-N "$FTP_QUOTA_MB"} >/dev/null
    # Its own hash takes seconds of a processor for every login.
    sed -i "s|^lab:[^:]*:|lab:$(openssl passwd -5 labpass):|" "$DIR/etc/pureftpd.passwd"
    "$r/usr/bin/pure-pw" mkdb "$DIR/etc/pureftpd.pdb" -f "$DIR/etc/pureftpd.passwd" )
  spawn pure-ftpd "$r/usr/sbin/pure-ftpd" -4 -S "$HOST,$PORT" -l "puredb:$DIR/etc/pureftpd.pdb" -A -E -H -p $((PORT + 10)):$((PORT + 9 + ${FTP_PASSIVE:-50})) -P $HOST \
    -Y $y -2 "$DIR/tls/server.crt,$DIR/tls/server.key" -O "clf:$DIR/log/transfer.log" -c 400 -C 400 -U 022:022 -g "$DIR/run/pure.own"
  wait_tcp $HOST "$PORT" 10
  fact FTP_HOST localhost; fact FTP_PORT "$PORT"; fact FTP_USER lab; fact FTP_PASSWORD labpass; fact FTP_CA "$DIR/tls/ca.crt"; fact FTP_ROOT "$DIR/data/lab"
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-2}"; }
main "$@"
