#!/bin/bash
# vsftpd: the FTP server without MLSD, with TLS session reuse demanded by default.
# apt: vsftpd (or deb-extract.sh DIR vsftpd, then VSFTPD=DIR/usr/sbin/vsftpd), libpam-modules
# Ports: PORT ftp + AUTH TLS, PORT+1 implicit TLS, PORT+10 and the next FTP_PASSIVE (default 50) passive
# Env: VSFTPD (binary), FTP_TLS=optional|required, FTP_TLS_REUSE=1|0 (default 1)
# The user lab exists only in a private mount namespace (own passwd, shadow, pam.d).
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
conf() { # conf FILE PORT IMPLICIT
  cat >"$1" <<C
listen=YES
listen_address=$HOST
listen_port=$2
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
lock_upload_files=NO
local_umask=022
chroot_local_user=YES
allow_writeable_chroot=YES
check_shell=NO
pam_service_name=vsftpd
secure_chroot_dir=$DIR/empty
pasv_min_port=$((PORT + 10))
pasv_max_port=$((PORT + 9 + ${FTP_PASSIVE:-50}))
seccomp_sandbox=NO
xferlog_enable=YES
log_ftp_protocol=YES
vsftpd_log_file=$DIR/log/vsftpd-$2.log
utf8_filesystem=YES
max_clients=0
max_per_ip=0
mdtm_write=YES
ssl_enable=YES
implicit_ssl=$3
rsa_cert_file=$DIR/tls/server-rsa.crt
rsa_private_key_file=$DIR/tls/server-rsa.key
allow_anon_ssl=NO
force_local_data_ssl=$force
force_local_logins_ssl=$force
require_ssl_reuse=$reuse
ssl_tlsv1=YES
ssl_ciphers=HIGH
C
}
do_start() {
  PATH=$PATH:/usr/sbin
  local bin=${VSFTPD:-vsftpd} force=NO reuse=YES i; need "$bin" vsftpd; need openssl openssl
  [ "${FTP_TLS:-optional}" != required ] || force=YES
  [ "${FTP_TLS_REUSE:-1}" = 1 ] || reuse=NO
  make_certs; mkdir -p "$DIR"/{data/lab,empty,etc/pam.d,log}; chown 2000:2000 "$DIR/data/lab"
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$DIR/tls/server-rsa.key" -out "$DIR/tls/rsa.csr" 2>/dev/null
  openssl x509 -req -in "$DIR/tls/rsa.csr" -CA "$DIR/tls/ca.crt" -CAkey "$DIR/tls/ca.key" -CAcreateserial -days 30 \
    -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$DIR/tls/server-rsa.crt" 2>/dev/null
  { cat /etc/passwd; echo "lab:x:2000:2000:lab:$DIR/data/lab:/bin/false"; } >"$DIR/etc/passwd"
  { cat /etc/group; echo "lab:x:2000:"; } >"$DIR/etc/group"
  { cat /etc/shadow; echo "lab:$(openssl passwd -6 labpass):19000:0:99999:7:::"; } >"$DIR/etc/shadow"; chmod 600 "$DIR/etc/shadow"
  printf 'auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n' >"$DIR/etc/pam.d/vsftpd"
  cp -a /etc/pam.d/. "$DIR/etc/pam.d.sys" 2>/dev/null || true
  conf "$DIR/vsftpd.conf" "$PORT" NO; conf "$DIR/vsftpd-implicit.conf" $((PORT + 1)) YES
  cat >"$DIR/run.sh" <<'R'
d=$1 bin=$2 conf=$3; set -e
mount --bind "$d/etc/passwd" /etc/passwd; mount --bind "$d/etc/group" /etc/group; mount --bind "$d/etc/shadow" /etc/shadow
mount --bind "$d/etc/pam.d" /etc/pam.d
exec "$bin" "$conf"
R
  for i in vsftpd vsftpd-implicit; do spawn $i unshare --mount --propagation private bash "$DIR/run.sh" "$DIR" "$bin" "$DIR/$i.conf"; done
  wait_tcp $HOST "$PORT" 10; wait_tcp $HOST $((PORT + 1)) 10
  fact FTP_HOST localhost; fact FTP_PORT "$PORT"; fact FTPS_IMPLICIT_PORT $((PORT + 1))
  fact FTP_USER lab; fact FTP_PASSWORD labpass; fact FTP_CA "$DIR/tls/ca.crt"; fact FTP_ROOT "$DIR/data/lab"
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-2}"; }
main "$@"
