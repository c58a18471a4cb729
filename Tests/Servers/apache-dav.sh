#!/bin/bash
# Apache httpd with mod_dav (WebDAV class 1 and 2: locks, dead properties), Basic and Digest authentication.
# apt: apache2-bin apache2-utils
# Ports: PORT = HTTP, +1 HTTPS.  Paths: /dav/ Basic, /digest/ Digest, /plain/ without authentication, one folder each
# Env: DAV_MB (a tmpfs of that size holds the files, so that the disk fills up: needs root),
#      DAV_KEEP_ALIVE (requests on one connection, default 1000), DAV_EXTRA (more lines of httpd.conf)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"

MODULES="mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest dav dav_fs dav_lock ssl
    socache_shmcb mime setenvif reqtimeout"

# location PATH: a folder of that name, as whoever is allowed in by the lines on standard input
location() { printf '<Location /%s>\n  Dav On\n%s\n</Location>\n' "$1" "$(cat)"; }

do_start() {
  need apache2 apache2-bin; need htpasswd apache2-utils; make_certs
  mkdir -p "$DIR"/{data,lock,log,run}; chmod 755 "$DIR"
  [ -z "${DAV_MB:-}" ] || mount -t tmpfs -o "size=${DAV_MB}m" none "$DIR/data"
  mkdir -p "$DIR"/data/{dav,digest,plain}
  if [ "$(id -u)" = 0 ]; then chown -R www-data:www-data "$DIR/data" "$DIR/lock"; fi
  htpasswd -bcB -C 4 "$DIR/passwd" lab labpass 2>/dev/null
  printf 'lab:dav:%s\n' "$(printf 'lab:dav:labpass' | md5sum | cut -d ' ' -f 1)" >"$DIR/digest"
  chmod 644 "$DIR/passwd" "$DIR/digest"
  echo "application/octet-stream bin" >"$DIR/types"
  cat >"$DIR/httpd.conf" <<C
$(for module in $MODULES; do echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"; done)
ServerName localhost
ServerRoot $DIR
PidFile $DIR/run/httpd.own
DefaultRuntimeDir $DIR/run
Mutex posixsem
User www-data
Group www-data
Listen $HOST:$PORT
Listen $HOST:$((PORT + 1))
StartServers 2
ServerLimit 2
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 512
MinSpareThreads 5
MaxSpareThreads 512
MaxKeepAliveRequests ${DAV_KEEP_ALIVE:-1000}
ErrorLog $DIR/log/error.log
LogFormat "%h %u \"%r\" %>s %b %D" short
CustomLog $DIR/log/access.log short
TypesConfig $DIR/types
DavLockDB $DIR/lock/db
DocumentRoot $DIR/data
<Directory />
  Require all denied
</Directory>
<Directory $DIR/data>
  AllowOverride None
</Directory>
$(location dav <<L
  AuthType Basic
  AuthName dav
  AuthBasicProvider file
  AuthUserFile $DIR/passwd
  Require valid-user
L
)
$(location digest <<L
  AuthType Digest
  AuthName dav
  AuthDigestProvider file
  AuthUserFile $DIR/digest
  Require valid-user
L
)
$(location plain <<<"  Require all granted")
<VirtualHost $HOST:$((PORT + 1))>
  SSLEngine on
  SSLCertificateFile $DIR/tls/server.crt
  SSLCertificateKeyFile $DIR/tls/server.key
</VirtualHost>
SSLSessionCache shmcb:$DIR/run/ssl(512000)
${DAV_EXTRA:-}
C
  spawn apache apache2 -d "$DIR" -f "$DIR/httpd.conf" -D FOREGROUND
  wait_for 15 http_up "http://$HOST:$PORT/plain/"
  fact DAV_URL "http://localhost:$PORT/dav/"
  fact DAV_URL_TLS "https://localhost:$((PORT + 1))/dav/"
  fact DAV_URL_DIGEST "http://localhost:$PORT/digest/"
  fact DAV_URL_PLAIN "http://localhost:$PORT/plain/"
  fact DAV_USER lab; fact DAV_PASSWORD labpass; fact DAV_CA "$DIR/tls/ca.crt"; fact DAV_ROOT "$DIR/data"
  ready
}

do_stop() {
  stop_all "$DIR"
  if mountpoint -q "$DIR/data"; then umount "$DIR/data"; fi
}

main "$@"
