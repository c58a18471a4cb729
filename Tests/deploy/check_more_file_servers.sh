#!/bin/bash
# The suites of file servers over further servers: nginx, sabre/dav and WsgiDAV.
#
#   check_more_file_servers.sh ROOT
set -euo pipefail

ROOT=$(cd "${1:-.}" && pwd)
cd "$ROOT"
Tests/Servers/install.sh files more-files >&2
export STOWAGE_MORE_FILE_SERVERS=1
swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 8 --filter '^FileServerTests\.'
