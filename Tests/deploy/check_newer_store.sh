#!/bin/bash
# The S3 suites against the Ceph of Debian 13, which takes trailing checksums and differs in what it enforces.
#
#   check_newer_store.sh ROOT
#
# Needs root: Debian 13 is set up once below .build by debootstrap and used through chroot.
set -euo pipefail

ROOT=$(cd "${1:-.}" && pwd)
cd "$ROOT"
STOWAGE_RGW_ROOT=$(Tests/Servers/debian-root.sh trixie "$ROOT/.build/debian-trixie" ceph-mon ceph-osd radosgw ceph-common)
export STOWAGE_RGW_ROOT
swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 8 --filter '^ObjectStoreTests\.'
