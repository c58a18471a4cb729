# Background processes of a folder: started in sessions of their own, ended by what was written down about them.
# Sourced, with DIR set; never run. DIR/run/NAME holds pid and start time, DIR/log/NAME.out what it printed.
# shellcheck shell=bash

# Running, and no zombie that nobody has reaped yet.
alive() {
    local state
    state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
    [ -n "$state" ] && [ "${state:0:1}" != Z ]
}

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# NAME is a process of ours that still runs. The start time counts too: a pid may belong to somebody else by now.
ours() {
    local pid started
    [ -e "$DIR/run/$1" ] || return 1
    read -r pid started <"$DIR/run/$1" || true
    alive "$pid" && [ "${started:-}" = "$(started_at "$pid")" ]
}

# launch NAME CMD...
launch() {
    local name=$1 pid
    shift
    mkdir -p "$DIR/run" "$DIR/log"
    setsid "$@" >>"$DIR/log/$name.out" 2>&1 </dev/null &
    pid=$!
    echo "$pid $(started_at "$pid")" >"$DIR/run/$name"
}

# signal_session SIGNAL NAME: to every process of NAME's session; fails when none is left.
signal_session() {
    local pid
    read -r pid _ <"$DIR/run/$2"
    kill "-$1" -- "-$pid" 2>/dev/null
}

# finish NAME SECONDS: TERM, and KILL for what is left after so many seconds. The leader may end before its children do.
finish() {
    local limit=$((SECONDS + $2))
    if ours "$1"; then
        signal_session TERM "$1" || true
        while signal_session 0 "$1" && [ "$SECONDS" -lt "$limit" ]; do sleep 0.05; done
        signal_session KILL "$1" || true
    fi
    rm -f "$DIR/run/$1"
}
