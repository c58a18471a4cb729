#!/bin/bash
# Give the users of a Stowage installation the rights they need, and no others.
#
#   permissions.sh --vhost VHOST [--prefix stowage] [--worker USER]… [--operator USER]…
#                  [--administrator USER]… [--producer USER]… [--fire-and-forget USER]…
#
# The users and the virtual host must exist. RABBITMQCTL names the command (default: rabbitmqctl).
#   worker           consumes tasks, publishes events, retries and parked tasks; can declare nothing
#   operator         the command line: publishes tasks, follows events, reads and replays the dead letters
#   administrator    declares the topology
#   producer         publishes tasks, reads its own results: events of its app-id, which is its user name
#   fire-and-forget  publishes tasks and reads nothing
set -euo pipefail

read -r -a CTL <<<"${RABBITMQCTL:-rabbitmqctl}"
VHOST='' PREFIX=stowage
GRANTS=()

usage() {
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
        --vhost) VHOST=$2 ;;
        --prefix) PREFIX=$2 ;;
        --worker | --operator | --administrator | --producer | --fire-and-forget) GRANTS+=("${1#--}" "$2") ;;
        *) usage ;;
    esac
    shift 2
done
[ -n "$VHOST" ] && [ ${#GRANTS[@]} -gt 0 ] || usage

# A prefix or user name taken literally inside a regular expression.
literal() { sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$1"; }
P=$(literal "$PREFIX")

# permit USER CONFIGURE WRITE READ
permit() { "${CTL[@]}" set_permissions -p "$VHOST" "$1" "$2" "$3" "$4"; }

# Events of USER only: the last word of an event's routing key is the producer's app-id.
own_events_only() {
    "${CTL[@]}" set_topic_permissions -p "$VHOST" "$1" "$PREFIX.events" '^$' "^[^.]+\.[^.]+\.[^.]+\.$(literal "$1")\$"
}

grant() {
    local role=$1 user=$2 own
    case $role in
        worker)
            permit "$user" '^$' "^$P\.(tasks|events|replies|dead|retry\.[^.]+)\$" \
                "^$P\.(tasks\.[^.]+|undertaker|control)\$"
            ;;
        operator)
            permit "$user" '^amq\.gen.*$' "^($P\.(tasks|dead|control)|amq\.gen.*)\$" \
                "^($P\.(dead|events|replies)|amq\.gen.*)\$"
            ;;
        administrator) permit "$user" "^$P\..*\$" "^$P\..*\$" "^$P\..*\$" ;;
        producer)
            own="$P\.ev\.$(literal "$user")\..*"
            permit "$user" "^($own|amq\.gen.*)\$" "^($P\.tasks|$own|amq\.gen.*)\$" \
                "^($P\.events|$P\.replies|$own|amq\.gen.*)\$"
            own_events_only "$user"
            ;;
        fire-and-forget) permit "$user" '^$' "^$P\.tasks\$" '^$' ;;
    esac
}

for ((i = 0; i < ${#GRANTS[@]}; i += 2)); do
    grant "${GRANTS[i]}" "${GRANTS[i + 1]}"
done
