#!/bin/bash
# RabbitMQ: one private node, or a cluster of NODES nodes, on loopback, with management,
# prometheus and TLS.   apt: rabbitmq-server (bookworm 3.10.8; trixie 4.0.5 through ROOTFS)
# Ports for node i (0..): PORT+10*i amqp, +1 amqps, +2 management, +3 prometheus, +4 inter-node;
#        PORT+9 epmd, PORT+40..60 rabbitmqctl.   User lab/labpass (administrator), vhost /.
# Env: NODES=1|3, ROOTFS, RABBITMQ_EXTRA_CONF (more rabbitmq.conf lines), MEM_HIGH (absolute
#      memory watermark, e.g. 400MB), DISK_LOW (disk_free_limit), RABBITMQ_PLUGINS (more plugins)
#      STOP_SECONDS (grace before SIGKILL at stop, default 10)
# Node names are labI@localhost: no host name look-up.  Fault injection:
#   rabbitmq.sh ctl DIR I ARGS...    rabbitmqctl on node I (stop_app, list_queues, ...)
#   kill -STOP / -CONT / -KILL $(cat DIR/data/I.pid)   node I's Erlang VM (hung, crashed)
#   rabbitmq.sh restart DIR I        start node I again after it was stopped or killed
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
renv() { # renv I CMD...: run CMD with node I's environment
  local i=$1; shift
  env HOME="$DIR/home" ERL_EPMD_PORT=$((PORT + 9)) ERL_EPMD_ADDRESS=$HOST RABBITMQ_NODENAME="lab$i@localhost" RABBITMQ_NODE_IP_ADDRESS=$HOST RABBITMQ_NODE_PORT=$((PORT + 10 * i)) \
    RABBITMQ_DIST_PORT=$((PORT + 10 * i + 4)) RABBITMQ_MNESIA_BASE="$DIR/data/$i" RABBITMQ_LOG_BASE="$DIR/log/$i" RABBITMQ_PID_FILE="$DIR/data/$i.pid" \
    RABBITMQ_CONFIG_FILE="$DIR/conf/$i.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$DIR/conf/advanced.config" RABBITMQ_ENABLED_PLUGINS_FILE="$DIR/conf/plugins" RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_SERVER_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +SDio 4" RABBITMQ_CTL_ERL_ARGS="" RABBITMQ_CTL_DIST_PORT_MIN=$((PORT + 40 + 2 * i)) RABBITMQ_CTL_DIST_PORT_MAX=$((PORT + 60)) LC_ALL=C.UTF-8 \
    PATH="/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$HERE/in-root.sh" "${ROOTFS:-}" "$DIR" "$@"
}
ctl() { local i=$1; shift; renv "$i" /usr/lib/rabbitmq/bin/rabbitmqctl -q "$@"; }
do_start() {
  local n=${NODES:-1} i p; [ -n "${ROOTFS:-}" ] || need /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server
  make_certs; mkdir -p "$DIR"/{home,conf,log}
  { echo "PORT=$PORT"; echo "NODES=$n"; echo "ROOTFS=${ROOTFS:-}"; } >"$DIR/conf/env"
  [ -e "$DIR/home/.erlang.cookie" ] || { echo LABCOOKIE$RANDOM >"$DIR/home/.erlang.cookie"; chmod 400 "$DIR/home/.erlang.cookie"; }
  echo "[rabbitmq_management,rabbitmq_prometheus${RABBITMQ_PLUGINS:+,$RABBITMQ_PLUGINS}]." >"$DIR/conf/plugins"
  echo '[].' >"$DIR/conf/advanced.config"
  for ((i = 0; i < n; i++)); do
    p=$((PORT + 10 * i)); mkdir -p "$DIR/data/$i" "$DIR/log/$i"
    cat >"$DIR/conf/$i.conf" <<C
listeners.tcp.1 = $HOST:$p
listeners.ssl.1 = $HOST:$((p + 1))
ssl_options.cacertfile = $DIR/tls/ca.crt
ssl_options.certfile = $DIR/tls/server.crt
ssl_options.keyfile = $DIR/tls/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
management.tcp.ip = $HOST
management.tcp.port = $((p + 2))
prometheus.tcp.ip = $HOST
prometheus.tcp.port = $((p + 3))
default_user = lab
default_pass = labpass
loopback_users = none
log.console = false
log.file.level = info
num_acceptors.tcp = 4
collect_statistics_interval = 1000
cluster_formation.peer_discovery_backend = classic_config
cluster_partition_handling = ${PARTITION_HANDLING:-pause_minority}
vm_memory_high_watermark.$([ -n "${MEM_HIGH:-}" ] && echo "absolute = $MEM_HIGH" || echo "relative = 0.3")
disk_free_limit.absolute = ${DISK_LOW:-50MB}
${RABBITMQ_EXTRA_CONF:-}
C
    if [ "$n" -gt 1 ]; then for ((j = 0; j < n; j++)); do echo "cluster_formation.classic_config.nodes.$((j + 1)) = lab$j@localhost" >>"$DIR/conf/$i.conf"; done; fi
  done
  spawn epmd env ERL_EPMD_PORT=$((PORT + 9)) ERL_EPMD_ADDRESS=$HOST "$HERE/in-root.sh" "${ROOTFS:-}" "$DIR" epmd
  wait_tcp $HOST $((PORT + 9)) 10
  ver=$("$HERE/in-root.sh" "${ROOTFS:-}" "$DIR" dpkg-query -W -f '${Version}' rabbitmq-server 2>/dev/null || echo 3)
  for ((i = 0; i < n; i++)); do
    rspawn "$i"
    # 3.x: the first node must be up before the others join it; 4.x waits for all of them
    if [ "$i" = 0 ] && [ "${ver%%.*}" -lt 4 ]; then wait_for 90 http_up "http://$HOST:$((PORT + 2))/"; fi
  done
  for ((i = 0; i < n; i++)); do wait_for 90 curl -sf --max-time 3 -u lab:labpass "http://$HOST:$((PORT + 10 * i + 2))/api/health/checks/local-alarms"; wait_tcp $HOST $((PORT + 10 * i)) 60; done
  [ "$n" = 1 ] || wait_for 60 bash -c "[ \$(curl -s -u lab:labpass http://$HOST:$((PORT + 2))/api/nodes | grep -o '\"running\":true' | wc -l) = $n ]"
  local u=""; for ((i = 0; i < n; i++)); do u="$u${u:+,}$HOST:$((PORT + 10 * i))"; done
  fact AMQP_URL "amqp://lab:labpass@$HOST:$PORT/%2f"; fact AMQPS_URL "amqps://lab:labpass@localhost:$((PORT + 1))/%2f"; fact AMQP_NODES "$u"
  fact MANAGEMENT_URL "http://lab:labpass@$HOST:$((PORT + 2))"; fact PROMETHEUS_URL "http://$HOST:$((PORT + 3))/metrics"; fact AMQP_CA "$DIR/tls/ca.crt"; fact AMQP_CERT "$DIR/tls/server.crt"; fact AMQP_KEY "$DIR/tls/server.key"
  ready
}
rspawn() { # node I in its own session; its Erlang VM's pid is in DIR/data/I.pid
  local n; mkdir -p "$DIR/run"; n=$(find "$DIR/run" -name '*.pid' | wc -l)
  export -f renv; export DIR PORT HERE HOST ROOTFS
  setsid bash -c 'cd "$DIR/home" && renv '"$1"' /usr/lib/rabbitmq/bin/rabbitmq-server' >>"$DIR/log/rabbit$1.out.log" 2>&1 </dev/null &
  echo $! >"$DIR/run/$(printf %02d "$n")-rabbit$1.pid"
}
# gone SID: nothing of that session is left but zombies
gone() { ! ps -o stat= -s "$1" 2>/dev/null | grep -qv '^Z'; }
do_stop() {
  local f; [ -e "$DIR/conf/env" ] || { stop_all "$DIR"; return; }
  for f in $(newest_first "$DIR"/run/*-rabbit*.pid); do kill -TERM -- "-$(cat "$f")" 2>/dev/null || true; done
  for f in $(newest_first "$DIR"/run/*-rabbit*.pid); do
    for _ in $(seq $((${STOP_SECONDS:-10} * 20))); do gone "$(cat "$f")" && break; sleep 0.05; done
    kill -KILL -- "-$(cat "$f")" 2>/dev/null || true; rm -f "$f"
  done
  stop_all "$DIR" 3
}
case ${1:-} in
  ctl)     DIR=$(cd "$2" && pwd); . "$DIR/conf/env"; shift 2; ctl "$@" ;;
  restart) DIR=$(cd "$2" && pwd); . "$DIR/conf/env"; f=$(ls "$DIR"/run/*-rabbit"$3".pid 2>/dev/null || true)
           [ -z "$f" ] || { kill -KILL -- "-$(cat "$f")" 2>/dev/null || true; rm -f "$f"; }
           rspawn "$3"; wait_tcp $HOST $((PORT + 10 * $3)) 60 ;;
  *)       main "$@" ;;
esac
