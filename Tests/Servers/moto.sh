#!/bin/bash
# moto: AWS emulated in memory, in Python. The store that lies: it lets COMPLIANCE retention be shortened and versioning be
# suspended, and checks no signature and no Content-MD5.
# pip: 'moto[server,s3]'    Ports: PORT    Env: PYTHON (default: .venv of the checkout), MOTO_TLS=1 (HTTPS)
# State reset: POST /moto-api/reset
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
do_start() {
  local python=${PYTHON:-$HERE/../../.venv/bin/python}
  "$python" -c 'import flask, moto' 2>/dev/null || die "missing moto in $python (Tests/Servers/install.sh s3)"
  local scheme=http tls=()
  if [ "${MOTO_TLS:-0}" = 1 ]; then
    need openssl openssl; make_certs
    scheme=https tls=(-c "$DIR/tls/server.crt" -k "$DIR/tls/server.key")
    fact S3_CA "$DIR/tls/ca.crt"
  fi
  spawn moto "$python" -m moto.server -H $HOST -p "$PORT" "${tls[@]}"
  wait_for 30 http_up --insecure "$scheme://$HOST:$PORT/"
  fact S3_ENDPOINT "$scheme://$HOST:$PORT"
  fact S3_ACCESS_KEY testing
  fact S3_SECRET_KEY testing
  fact S3_REGION us-east-1
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-1}"; }
main "$@"
