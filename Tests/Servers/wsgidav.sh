#!/bin/bash
# WsgiDAV (Python) under cheroot: WebDAV with locks and dead properties in memory, Basic and Digest offered.
# pip: wsgidav cheroot     Ports: PORT = HTTP      Env: PYTHON (default: that of .venv)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"

do_start() {
  local python=${PYTHON:-$HERE/../../.venv/bin/python}
  "$python" -c 'import wsgidav, cheroot' 2>/dev/null || die "missing wsgidav and cheroot (install.sh python)"
  mkdir -p "$DIR/data"
  cat >"$DIR/wsgidav.yaml" <<C
host: $HOST
port: $PORT
provider_mapping: {"/": "$DIR/data"}
http_authenticator: {accept_basic: true, accept_digest: true, default_to_digest: true}
simple_dc: {user_mapping: {"*": {"lab": {"password": "labpass"}}}}
lock_storage: true
property_manager: true
dir_browser: {enable: false}
verbose: 1
C
  spawn wsgidav "$python" -m wsgidav.server.server_cli -c "$DIR/wsgidav.yaml"
  wait_for 20 http_up "http://$HOST:$PORT/"
  fact DAV_URL "http://localhost:$PORT/"
  fact DAV_USER lab; fact DAV_PASSWORD labpass; fact DAV_ROOT "$DIR/data"
  ready
}

main "$@"
