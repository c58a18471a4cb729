#!/bin/bash
# The shipped definitions and rights, and the broker conformance suite, against the RabbitMQ of Debian 13.
#
#   check_newer_broker.sh ROOT
#
# Needs root: Debian 13 is set up once below .build by debootstrap and used through chroot.
set -euo pipefail

ROOT=$(cd "${1:-.}" && pwd)
cd "$ROOT"
STOWAGE_RABBITMQ_ROOT=$(Tests/Servers/debian-root.sh trixie "$ROOT/.build/debian-trixie" rabbitmq-server)
export STOWAGE_RABBITMQ_ROOT
"$ROOT/.venv/bin/python" Tests/deploy/check_permissions.py "$ROOT"
swift test --skip-build --disable-xctest --filter '^BrokerConformanceTests\.'
