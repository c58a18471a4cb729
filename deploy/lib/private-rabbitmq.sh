#!/bin/bash
# A RabbitMQ node for one folder: on loopback, on free ports below 32768, with data, cookie, epmd and
# log of its own. It never touches a broker that the system runs, and needs no root.
#
#   private-rabbitmq.sh start DIR [PORT]   start (again) in DIR; prints the facts as KEY=VALUE
#   private-rabbitmq.sh stop DIR           stop, orderly for STOP_SECONDS (5), then at once; the data stays
#   private-rabbitmq.sh kill DIR           kill -9 of the Erlang VM, as a crash would
#   private-rabbitmq.sh ctl DIR ARGS...    rabbitmqctl on that node
#
# Facts, also in DIR/facts: AMQP_HOST, AMQP_PORT, ADMIN_USER, ADMIN_PASSWORD (a random one; no guest).
# In the environment: EXTRA_CONF, more lines for rabbitmq.conf; STOWAGE_RABBITMQ_ROOT, the root of another Debian
# release whose RabbitMQ is to run instead (needs root; the mounts vanish with the process).
set -euo pipefail

HOST=127.0.0.1
BIN=/usr/lib/rabbitmq/bin
# shellcheck source=processes.sh
. "$(dirname "$(readlink -f "$0")")/processes.sh"

fail() {
    echo "private-rabbitmq: $*" >&2
    exit 1
}

listening() { (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null; }

# The kernel hands out ports from 32768 up to outgoing connections: a listener belongs below.
free_port_block() {
    local base port
    for _ in $(seq 100); do
        base=$((20000 + (RANDOM % 1200) * 10))
        for ((port = base; port < base + 6; port++)); do
            if listening "$port"; then continue 2; fi
        done
        echo "$base"
        return
    done
    fail "no six free ports in a row between 20000 and 32000"
}

# Run a command in the other root, if there is one, with DIR at the same place there.
in_root() {
    if [ -z "${STOWAGE_RABBITMQ_ROOT:-}" ]; then exec "$@"; fi
    # shellcheck disable=SC2016
    exec unshare --mount --propagation private bash -ec '
        root=$1 dir=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mkdir -p "$root$dir"
        mount --bind "$dir" "$root$dir"
        exec chroot "$root" "$@"' in_root "$STOWAGE_RABBITMQ_ROOT" "$DIR" "$@"
}

# Run a command with the environment of the node in DIR; PORT+1 is epmd, +2 distribution, +3..+5 the tools.
in_node() (
    in_root env HOME="$DIR/home" LC_ALL=C.UTF-8 PATH="$BIN:/usr/sbin:/usr/bin:/sbin:/bin" \
        ERL_EPMD_PORT=$((PORT + 1)) ERL_EPMD_ADDRESS=$HOST ERL_CRASH_DUMP_SECONDS=0 \
        RABBITMQ_NODENAME=stowage@localhost RABBITMQ_NODE_IP_ADDRESS=$HOST RABBITMQ_NODE_PORT="$PORT" \
        RABBITMQ_DIST_PORT=$((PORT + 2)) \
        RABBITMQ_CTL_DIST_PORT_MIN=$((PORT + 3)) RABBITMQ_CTL_DIST_PORT_MAX=$((PORT + 5)) \
        RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$DIR/rabbitmq.conf" \
        RABBITMQ_ADVANCED_CONFIG_FILE="$DIR/advanced.config" RABBITMQ_ENABLED_PLUGINS_FILE="$DIR/plugins" \
        RABBITMQ_MNESIA_BASE="$DIR/data" RABBITMQ_LOG_BASE="$DIR/log" RABBITMQ_PID_FILE="$DIR/run/vm" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        "$@"
)

wait_until_open() {
    local limit=$((SECONDS + $1)) port=$2 name=$3
    until listening "$port"; do
        if ! ours "$name" || [ "$SECONDS" -ge "$limit" ]; then
            tail -n 20 "$DIR"/log/*.out "$DIR"/log/*.log >&2 2>/dev/null || true
            fail "$name did not open port $port"
        fi
        sleep 0.05
    done
}

write_configuration() {
    local password
    password=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
    od -An -N 16 -t x1 /dev/urandom | tr -d ' \n' >"$DIR/home/.erlang.cookie"
    chmod 400 "$DIR/home/.erlang.cookie"
    echo '[].' >"$DIR/advanced.config"
    echo '[].' >"$DIR/plugins"
    cat >"$DIR/rabbitmq.conf" <<CONF
listeners.tcp.1 = $HOST:$PORT
default_user = administrator
default_pass = $password
log.console = false
log.file.level = info
disk_free_limit.absolute = 50MB
${EXTRA_CONF:-}
CONF
    printf '%s\n' "AMQP_HOST=$HOST" "AMQP_PORT=$PORT" "ADMIN_USER=administrator" "ADMIN_PASSWORD=$password" >"$DIR/facts"
}

start() {
    [ -x "${STOWAGE_RABBITMQ_ROOT:-}$BIN/rabbitmq-server" ] || fail "rabbitmq-server is not installed (apt-get install --no-install-recommends rabbitmq-server)"
    umask 077
    mkdir -p "$DIR/home" "$DIR/run" "$DIR/log" "$DIR/data"
    if [ -e "$DIR/facts" ]; then
        PORT=$(sed -n 's/^AMQP_PORT=//p' "$DIR/facts")
    else
        PORT=${PORT:-$(free_port_block)}
        write_configuration
    fi
    export -f in_root in_node
    export BIN DIR HOST PORT
    if ours rabbitmq; then fail "already running in $DIR"; fi
    # A start that fails leaves nothing running.
    trap stop EXIT
    if ! ours epmd; then
        # shellcheck disable=SC2016
        launch epmd bash -c 'in_node epmd'
    fi
    wait_until_open 10 $((PORT + 1)) epmd
    # shellcheck disable=SC2016
    launch rabbitmq bash -c 'in_node "$BIN/rabbitmq-server"'
    wait_until_open 90 "$PORT" rabbitmq
    trap - EXIT
    cat "$DIR/facts"
}

stop() {
    finish rabbitmq "${STOP_SECONDS:-5}"
    finish epmd 0
    rm -f "$DIR/run/vm"
}

[ $# -ge 2 ] || fail "usage: private-rabbitmq.sh start|stop|kill|ctl DIR …"
COMMAND=$1
case $COMMAND in
    start) mkdir -p "$2" ;;
    stop) [ -d "$2" ] || exit 0 ;;
    *) [ -e "$2/facts" ] || fail "no node in $2" ;;
esac
DIR=$(cd "$2" && pwd)
shift 2

case $COMMAND in
    start)
        PORT=${1:-}
        start
        ;;
    stop) stop ;;
    kill)
        # Only when the last process is gone are the port and the node's name free for the next start.
        while signal_session KILL rabbitmq; do sleep 0.02; done
        ;;
    ctl)
        PORT=$(sed -n 's/^AMQP_PORT=//p' "$DIR/facts")
        in_node "$BIN/rabbitmqctl" -q "$@"
        ;;
    *) fail "unknown command $COMMAND" ;;
esac
