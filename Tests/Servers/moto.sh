#!/bin/bash
# moto: AWS emulated in memory, in Python. The store that lies: it lets COMPLIANCE retention be shortened and versioning be
# suspended, and checks no signature and no Content-MD5.
# pip: 'moto[server,s3]'    Ports: PORT    Env: PYTHON (default: .venv of the checkout)
# State reset: POST /moto-api/reset
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
do_start() {
  local python=${PYTHON:-$HERE/../../.venv/bin/python}
  "$python" -c 'import flask, moto' 2>/dev/null || die "missing moto in $python (Tests/Servers/install.sh s3)"
  spawn moto "$python" -m moto.server -H $HOST -p "$PORT"
  wait_for 30 http_up "http://$HOST:$PORT/"
  fact S3_ENDPOINT "http://$HOST:$PORT"
  fact S3_ACCESS_KEY testing
  fact S3_SECRET_KEY testing
  fact S3_REGION us-east-1
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-1}"; }
main "$@"
