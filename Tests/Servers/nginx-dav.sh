#!/bin/bash
# nginx with dav and dav-ext (PROPFIND, OPTIONS, LOCK): WebDAV as a minimal server speaks it (no PROPPATCH, no conditions).
# apt: nginx-core libnginx-mod-http-dav-ext     Ports: PORT = HTTP, +1 HTTPS
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"

do_start() {
  need nginx nginx-core
  [ -e /usr/lib/nginx/modules/ngx_http_dav_ext_module.so ] || die "missing libnginx-mod-http-dav-ext"
  make_certs; mkdir -p "$DIR"/{data,tmp,log,run}; chmod 755 "$DIR"
  if [ "$(id -u)" = 0 ]; then chown -R www-data:www-data "$DIR/data" "$DIR/tmp"; fi
  printf 'lab:%s\n' "$(openssl passwd -apr1 labpass)" >"$DIR/passwd"; chmod 644 "$DIR/passwd"
  cat >"$DIR/nginx.conf" <<C
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
daemon off; user www-data; worker_processes 2; pid $DIR/run/nginx.own; error_log $DIR/log/error.log warn;
events { worker_connections 512; }
http {
  dav_ext_lock_zone zone=locks:1m;
  client_body_temp_path $DIR/tmp/b; proxy_temp_path $DIR/tmp/p; fastcgi_temp_path $DIR/tmp/f;
  uwsgi_temp_path $DIR/tmp/u; scgi_temp_path $DIR/tmp/s;
  access_log $DIR/log/access.log; client_max_body_size 0;
  server {
    listen $HOST:$PORT; listen $HOST:$((PORT + 1)) ssl; server_name localhost;
    ssl_certificate $DIR/tls/server.crt; ssl_certificate_key $DIR/tls/server.key;
    location / {
      root $DIR/data; auth_basic dav; auth_basic_user_file $DIR/passwd;
      dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK; dav_ext_lock zone=locks;
      dav_access user:rw group:r all:r; create_full_put_path off; min_delete_depth 0;
    }
  }
}
C
  spawn nginx nginx -p "$DIR" -c "$DIR/nginx.conf" -e "$DIR/log/error.log"
  wait_for 10 http_up "http://$HOST:$PORT/"
  fact DAV_URL "http://localhost:$PORT/"; fact DAV_URL_TLS "https://localhost:$((PORT + 1))/"
  fact DAV_USER lab; fact DAV_PASSWORD labpass; fact DAV_CA "$DIR/tls/ca.crt"; fact DAV_ROOT "$DIR/data"
  ready
}

main "$@"
