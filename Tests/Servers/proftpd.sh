#!/bin/bash
# ProFTPD: FTP, explicit FTPS and implicit FTPS on one set of files.
# apt: proftpd-core proftpd-mod-crypto   (conflicts with vsftpd and pure-ftpd on one system)
# Ports: PORT ftp + AUTH TLS, PORT+1 implicit TLS, PORT+10 and the next FTP_PASSIVE (default 50) passive
# Env: FTP_TLS=optional|required|none (default optional), FTP_QUOTA_BYTES (hard limit for user lab; shown by SITE QUOTA),
#      FTP_TLS_REUSE=1 (default; data connections must resume the control connection's TLS session) or 0
# Every command with its answer is in DIR/log/commands.log.
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
do_start() {
  PATH=$PATH:/usr/sbin
  need proftpd proftpd-core; need ftpasswd proftpd-core; need openssl openssl
  [ -e /usr/lib/proftpd/mod_tls.so ] || die "missing mod_tls (apt-get install proftpd-mod-crypto)"
  make_certs; mkdir -p "$DIR"/{data/lab,etc,log,run}
  chown -R 2000:2000 "$DIR/data"; chmod 755 "$DIR" "$DIR/data"
  echo labpass | ftpasswd --passwd --stdin --name=lab --uid=2000 --gid=2000 --home="$DIR/data/lab" --shell=/bin/false --file="$DIR/etc/passwd" >/dev/null 2>&1
  ftpasswd --group --name=lab --gid=2000 --member=lab --file="$DIR/etc/group" >/dev/null 2>&1
  chmod 600 "$DIR"/etc/*
  local engine=on required=off options="" quota=""
  case ${FTP_TLS:-optional} in required) required=on ;; none) engine=off ;; esac
  [ "${FTP_TLS_REUSE:-1}" = 1 ] || options="TLSOptions NoSessionReuseRequired"
  if [ -n "${FTP_QUOTA_BYTES:-}" ]; then
    ( cd "$DIR/etc" && ftpquota --create-table --type=limit --table-path=limit.tab && ftpquota --create-table --type=tally --table-path=tally.tab &&
      ftpquota --add-record --type=limit --name=lab --quota-type=user --bytes-upload="$FTP_QUOTA_BYTES" --units=byte --limit-type=hard --table-path=limit.tab ) >/dev/null 2>&1
    quota="LoadModule mod_quotatab.c
LoadModule mod_quotatab_file.c
QuotaEngine on
QuotaShowQuotas on
QuotaDisplayUnits b
QuotaLimitTable file:$DIR/etc/limit.tab
QuotaTallyTable file:$DIR/etc/tally.tab"
  fi
  # mod_tls wants an RSA or EC pair by name; RSA keeps old clients working.
  if [ ! -e "$DIR/tls/server-rsa.crt" ]; then
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$DIR/tls/server-rsa.key" -out "$DIR/tls/rsa.csr" 2>/dev/null
    openssl x509 -req -in "$DIR/tls/rsa.csr" -CA "$DIR/tls/ca.crt" -CAkey "$DIR/tls/ca.key" -CAcreateserial -days 30 \
      -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$DIR/tls/server-rsa.crt" 2>/dev/null
  fi
  chmod 600 "$DIR"/tls/*.key; chmod 644 "$DIR"/tls/*.crt
  tls() { # tls ENGINE REQUIRED OPTIONS
    cat <<C
TLSEngine $1
TLSRequired $2
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile $DIR/tls/server-rsa.crt
TLSRSACertificateKeyFile $DIR/tls/server-rsa.key
$3
TLSLog $DIR/log/tls.log
TLSRenegotiate none
C
  }
  cat >"$DIR/proftpd.conf" <<C
ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
LoadModule mod_site_misc.c
LoadModule mod_digest.c
$quota
ServerName lab
ServerType standalone
DefaultAddress $HOST
SocketBindTight on
Port $PORT
UseIPv6 off
UseReverseDNS off
User nobody
Group nogroup
MaxInstances 400
PidFile $DIR/run/proftpd.own
ScoreboardFile $DIR/run/scoreboard
DelayEngine off
TimesGMT on
<Global>
  AuthOrder mod_auth_file.c
  AuthUserFile $DIR/etc/passwd
  AuthGroupFile $DIR/etc/group
  RequireValidShell off
  DefaultRoot ~
  Umask 022 022
  AllowOverwrite on
  AllowStoreRestart on
  AllowRetrieveRestart on
  PassivePorts $((PORT + 10)) $((PORT + 9 + ${FTP_PASSIVE:-50}))
  SystemLog $DIR/log/system.log
  TransferLog NONE
  LogFormat said "%P %m %J %s"
  ExtendedLog $DIR/log/commands.log ALL said
  UseSendfile on
</Global>
$(tls $engine $required "$options")
<VirtualHost $HOST>
  Port $((PORT + 1))
$(tls $engine on "TLSOptions UseImplicitSSL ${options#TLSOptions }")
</VirtualHost>
C
  # There even where no session has come to a command: a handshake that fails leaves nothing to log.
  : >"$DIR/log/commands.log"
  spawn proftpd proftpd -n -q -c "$DIR/proftpd.conf"
  wait_tcp $HOST "$PORT" 15; wait_tcp $HOST $((PORT + 1)) 5
  fact FTP_HOST localhost; fact FTP_PORT "$PORT"; fact FTPS_IMPLICIT_PORT $((PORT + 1))
  fact FTP_USER lab; fact FTP_PASSWORD labpass; fact FTP_CA "$DIR/tls/ca.crt"; fact FTP_ROOT "$DIR/data/lab"
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-2}"; }
main "$@"
