#!/bin/bash
# Validate docker-compose.yml, the Dockerfile, every YAML file and every script of the checkout.
#
#   check_containers.sh ROOT
set -uo pipefail

ROOT=$(cd "${1:-.}" && pwd)
PATH=$ROOT/.venv/bin:$PATH
cd "$ROOT" || exit 2
findings=0

finding() {
    echo "$*"
    findings=$((findings + 1))
}

# expect WHAT CMD...: CMD succeeds, else what it printed is shown.
expect() {
    local what=$1 output
    shift
    output=$("$@" 2>&1) || finding "$what: $output"
}

passwords=(STOWAGE_WORKER_PASSWORD STOWAGE_OPERATOR_PASSWORD STOWAGE_ADMINISTRATOR_PASSWORD)
for name in "${passwords[@]}"; do export "$name=example"; done

expect "docker-compose.yml" docker-compose --file docker-compose.yml config -q
for name in "${passwords[@]}"; do
    if env -u "$name" docker-compose --file docker-compose.yml config -q 2>/dev/null; then
        finding "docker-compose.yml: goes on without $name"
    fi
done
if docker-compose --file docker-compose.yml config | grep -E '^ +- .*:[0-9]+/tcp$' | grep -v '127\.0\.0\.1:'; then
    finding "docker-compose.yml: publishes a port beyond loopback"
fi

expect "deploy/Dockerfile" hadolint deploy/Dockerfile
[ "$(grep '^USER ' deploy/Dockerfile | tail -n 1)" = "USER 10001:10001" ] || finding "deploy/Dockerfile: does not end as user 10001"
# What the build stage copies must not be ignored, and must be there.
while read -r source; do
    grep -qxF "!$source" .dockerignore || finding ".dockerignore: leaves out $source, which deploy/Dockerfile copies"
    [ -e "$source" ] || finding "deploy/Dockerfile: copies $source, which is not there"
done < <(sed -n 's/^COPY \([^-][^ ]*\) .*/\1/p' deploy/Dockerfile)

mapfile -t yaml < <(git ls-files '*.yml' '*.yaml')
expect "yamllint" yamllint --strict --config-file Tests/deploy/yamllint.yaml "${yaml[@]}"
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
expect "shellcheck" shellcheck --external-sources --severity=warning "${scripts[@]}"
for script in "${scripts[@]}"; do
    [ -x "$script" ] || [[ $script == deploy/lib/* ]] || finding "$script: is not executable"
done
expect "Tests/Benchmarks/amqp_loop.c" cc -O2 -Wall -Wextra -Werror -fsyntax-only Tests/Benchmarks/amqp_loop.c

echo "containers, YAML and scripts: ${#yaml[@]} YAML files, ${#scripts[@]} scripts, $findings findings"
exit $((findings > 0))
