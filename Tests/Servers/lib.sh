# lib.sh - shared by the start scripts in this folder (sourced, never run).
# shellcheck shell=bash
# A script is called as   NAME.sh start DIR PORT   or   NAME.sh stop DIR
# Everything a server writes lies under DIR; it listens on 127.0.0.1 only, at
# PORT (and PORT+1.. where the script says so). Facts go to stdout as KEY=VALUE.

# shellcheck disable=SC2034  # the scripts that source this use it
HOST=127.0.0.1
T0=$(date +%s%N)

die()  { echo "$(basename "$0"): $*" >&2; exit 1; }
fact() { printf '%s=%s\n' "$1" "$2"; [ -z "${DIR:-}" ] || printf '%s=%s\n' "$1" "$2" >>"$DIR/facts.env"; }

# need CMD PACKAGE: fail with the package to install when CMD is missing
need() { command -v "$1" >/dev/null 2>&1 || [ -x "$1" ] || die "missing $1 (apt-get install -y --no-install-recommends $2)"; }

# spawn NAME CMD...: run a daemon in the foreground mode of its own session,
# its log in DIR/log/NAME.log, its pid in DIR/run/NN-NAME.pid
spawn() {
  local name=$1; shift
  mkdir -p "$DIR/run" "$DIR/log"
  local n; n=$(find "$DIR/run" -name '*.pid' | wc -l)
  setsid "$@" >>"$DIR/log/$name.log" 2>&1 </dev/null &
  echo $! >"$DIR/run/$(printf %02d "$n")-$name.pid"
}

# adopt NAME PID: record the pid of a daemon that forked by itself
adopt() {
  mkdir -p "$DIR/run"
  local n; n=$(find "$DIR/run" -name '*.pid' | wc -l)
  echo "$2" >"$DIR/run/$(printf %02d "$n")-$1.pid"
}

# alive PID: running, and no zombie that nobody has reaped yet
alive() { local s; s=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) && [ "${s%% *}" != Z ] && [ -n "$s" ]; }

# newest_first FILE...: those that exist, the last by name first; their names have no blanks
newest_first() { local f; for f in "$@"; do [ ! -e "$f" ] || printf '%s\n' "$f"; done | sort -r; }

# stop_all DIR [SECONDS]: TERM the recorded pids, last started first, then KILL
stop_all() {
  local dir=$1 limit=${2:-10} f pid i
  [ -d "$dir/run" ] || return 0
  for f in $(newest_first "$dir"/run/*.pid); do
    pid=$(cat "$f")
    if alive "$pid"; then
      kill -TERM "$pid" 2>/dev/null || true
      for ((i = 0; i < limit * 20; i++)); do alive "$pid" || break; sleep 0.05; done
      kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$f"
  done
}

# wait_for SECONDS CMD...: until CMD succeeds; fails when time runs out or a
# spawned process has died
wait_for() {
  local limit=$1; shift
  local end=$((SECONDS + limit)) f
  while ! "$@" >/dev/null 2>&1; do
    for f in "$DIR"/run/*.pid; do
      [ -e "$f" ] || continue
      alive "$(cat "$f")" || { echo "--- $(basename "$f" .pid) died; last log lines:" >&2; tail -n 15 "$DIR"/log/*.log >&2 || true; return 1; }
    done
    [ $SECONDS -lt $end ] || { echo "--- timeout after ${limit}s: $*" >&2; tail -n 15 "$DIR"/log/*.log >&2 2>/dev/null || true; return 1; }
    sleep 0.05
  done
}
tcp_open() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }
wait_tcp() { wait_for "${3:-20}" tcp_open "$1" "$2"; }
http_up() { curl -s -o /dev/null --max-time 3 "$@"; }

# make_certs: a CA and a server certificate for localhost / 127.0.0.1 in DIR/tls
make_certs() {
  local d=$DIR/tls; mkdir -p "$d"; [ -e "$d/server.pem" ] && return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=lab CA" \
    -addext basicConstraints=critical,CA:TRUE -keyout "$d/ca.key" -out "$d/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
    -keyout "$d/server.key" -out "$d/server.csr" 2>/dev/null
  openssl x509 -req -in "$d/server.csr" -CA "$d/ca.crt" -CAkey "$d/ca.key" -CAcreateserial -days 30 \
    -extfile <(printf 'subjectAltName=DNS:localhost,DNS:%s,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth,clientAuth\n' "$(hostname)") \
    -out "$d/server.crt" 2>/dev/null
  cat "$d/server.crt" "$d/server.key" >"$d/server.pem"
  chmod 644 "$d"/*.crt; chmod 640 "$d"/*.key "$d/server.pem"
}

# warn_port: a listening port in the kernel's range of ephemeral ports can be taken by any
# outgoing connection just when the server wants to bind it (seen here: 46102 was)
warn_port() {
  local lo hi; read -r lo hi </proc/sys/net/ipv4/ip_local_port_range 2>/dev/null || return 0
  [ -z "$(cat /proc/sys/net/ipv4/ip_local_reserved_ports 2>/dev/null)" ] || return 0
  if [ "$PORT" -ge "$lo" ] && [ "$PORT" -le "$hi" ]; then echo "$(basename "$0"): warning: port $PORT is in the ephemeral range $lo-$hi; take one below it" >&2; fi
}

# ready: the last fact, how long the start took
ready() { fact START_MS $((($(date +%s%N) - T0) / 1000000)); }

# main "$@": needs do_start (with DIR and PORT set); do_stop may be overridden
do_stop() { stop_all "$DIR"; }
main() {
  case ${1:-} in
    start) [ $# -ge 3 ] || die "usage: $(basename "$0") start DIR PORT"
           mkdir -p "$2"; DIR=$(cd "$2" && pwd); PORT=$3; shift 3
           ! ls "$DIR"/run/*.pid >/dev/null 2>&1 || die "already started in $DIR (stop it first)"
           : >"$DIR/facts.env"; warn_port
           STARTED=0
           trap '[ "$STARTED" = 1 ] || { echo "$(basename "$0"): start failed, stopping" >&2; do_stop >&2 || true; }' EXIT
           do_start "$@"; STARTED=1 ;;
    stop)  [ $# -ge 2 ] || die "usage: $(basename "$0") stop DIR"
           [ -d "$2" ] || exit 0
           DIR=$(cd "$2" && pwd); do_stop ;;
    *)     die "usage: $(basename "$0") start DIR PORT | stop DIR" ;;
  esac
}
