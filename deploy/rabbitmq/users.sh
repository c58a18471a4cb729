#!/bin/bash
# Make the virtual host and its users with the passwords of the environment, and give them their rights.
# Can be run again: it sets passwords and rights anew.
#
#   STOWAGE_WORKER_PASSWORD=… STOWAGE_OPERATOR_PASSWORD=… STOWAGE_ADMINISTRATOR_PASSWORD=… users.sh
#
# VHOST (stowage) and PREFIX (stowage) name the installation, RABBITMQCTL the command (rabbitmqctl).
set -euo pipefail

VHOST=${VHOST:-stowage}
PREFIX=${PREFIX:-stowage}
export RABBITMQCTL=${RABBITMQCTL:-rabbitmqctl}
read -r -a CTL <<<"$RABBITMQCTL"

"${CTL[@]}" list_vhosts -q --no-table-headers | grep -qxF "$VHOST" || "${CTL[@]}" add_vhost "$VHOST"
for role in worker operator administrator; do
    variable=STOWAGE_${role^^}_PASSWORD
    password=${!variable:?}
    # On standard input, so that it does not stand in the process list.
    "${CTL[@]}" add_user "stowage-$role" <<<"$password" 2>/dev/null ||
        "${CTL[@]}" change_password "stowage-$role" <<<"$password"
done
"$(dirname "$0")/permissions.sh" --vhost "$VHOST" --prefix "$PREFIX" \
    --worker stowage-worker --operator stowage-operator --administrator stowage-administrator
