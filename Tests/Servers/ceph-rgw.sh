#!/bin/bash
# Ceph RADOS Gateway: real S3 with versioning, Object Lock, multipart and quotas. One monitor, one OSD in memory and one
# gateway on loopback; no manager, no cephx, no systemd.
# apt: ceph-mon ceph-osd radosgw ceph-common   (bookworm: 16.2.15; trixie: 18.2.7 through ROOTFS)
# Ports: PORT = HTTP, +1 monitor, +2..+9 OSD, +10 = HTTPS
# Env: RGW_TLS=1 (HTTPS too), RGW_OSD_BYTES (how much fits, default 6 GiB; memory is taken as it fills up),
#      RGW_STS=1 (session tokens; a wrong signature is then AccessDenied instead of SignatureDoesNotMatch),
#      RGW_LC_DEBUG (seconds that lifecycle takes for a day), RGW_WAIT (seconds for the start, default 60),
#      RGW_EXTRA_CONF (more lines of [client]), ROOTFS (needs root: see debian-root.sh)
# The store forgets everything when it stops: it is killed.  Fault injection:
#   kill -STOP / -CONT $(cat DIR/run/01-osd.pid)   the store hangs: what was asked of it happens later
#   kill -KILL $(cat DIR/run/02-rgw.pid)           the gateway crashes
#   ceph-rgw.sh restart DIR                        the gateway again, after it was killed or not
#   ceph-rgw.sh admin DIR ARGS...                  radosgw-admin (users, quotas, buckets, gc)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"

ROOTFS=${ROOTFS:-}
USER_ID=lab ACCESS_KEY=LABACCESSKEY0000001 SECRET_KEY=labsecretkey000000000000000000000000001
in_()   { "$HERE/in-root.sh" "$ROOTFS" "$DIR" "$@"; }
ceph_() { in_ ceph -c "$DIR/ceph.conf" --connect-timeout 20 "$@"; }
# One at a time: of two that change a user at once one fails ("unable to store user info").
admin() { (flock 9; in_ radosgw-admin -c "$DIR/ceph.conf" "$@") 9>>"$DIR/admin.lock"; }

# write_conf FSID: what differs from Ceph's defaults makes a small store quick, or keeps it on loopback and in DIR.
# `crc` to the monitor: encrypted by default, which needs cephx. `tcp_nodelay`: without it a GET takes 44 ms.
write_conf() {
  local front="beast endpoint=$HOST:$PORT tcp_nodelay=1"
  if [ "${RGW_TLS:-0}" = 1 ]; then
    make_certs
    front="$front ssl_endpoint=$HOST:$((PORT + 10)) ssl_certificate=$DIR/tls/server.crt ssl_private_key=$DIR/tls/server.key"
  fi
  cat >"$DIR/ceph.conf" <<C
[global]
fsid = $1
mon host = v2:$HOST:$((PORT + 1))/0
mon initial members = a
public addr = $HOST
cluster addr = $HOST
ms bind port min = $((PORT + 2))
ms bind port max = $((PORT + 9))
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = $DIR/run
admin socket = $DIR/run/\$name.asok
log file = $DIR/log/\$name.log
crash dir = $DIR/log
pid file =
keyring = $DIR/keyring
debug ms = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon max pg per osd = 500
[mon]
mon data = $DIR/mon
mon data avail warn = 1
mon data avail crit = 0
mon warn on pool no redundancy = false
mon cluster log file = $DIR/log/cluster.log
mon tick interval = 1
paxos propose interval = 0.05
paxos min wait = 0.01
[osd]
osd data = $DIR/osd
osd objectstore = memstore
memstore device bytes = ${RGW_OSD_BYTES:-6442450944}
osd class dir = /usr/lib/$(uname -m)-linux-gnu/rados-classes
osd max object name len = 2048
osd op num shards = 1
osd op num threads per shard = 2
[client]
ms mon client mode = crc secure
rgw frontends = $front
rgw dns name = localhost
rgw thread pool size = 64
rgw lifecycle work time = 00:00-24:00
rgw lc debug interval = ${RGW_LC_DEBUG:--1}
rgw enable usage log = false
rgw run sync thread = false
rgw crypt require ssl = false
rgw bucket quota ttl = 0
rgw user quota bucket sync interval = 1
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw enable apis = s3, admin, iam, sts
rgw sts key = stowage-tests-16
rgw s3 auth use sts = $([ "${RGW_STS:-0}" = 1 ] && echo true || echo false)
${RGW_EXTRA_CONF:-}
C
}

start_gateway() {
  spawn rgw "$HERE/in-root.sh" "$ROOTFS" "$DIR" radosgw -c "$DIR/ceph.conf" -n client.rgw -f
  wait_for "${RGW_WAIT:-60}" http_up "http://$HOST:$PORT/"
}

do_start() {
  if [ -n "$ROOTFS" ]; then
    [ "$(id -u)" = 0 ] || die "ROOTFS needs root (chroot)"
    [ -x "$ROOTFS/usr/bin/radosgw" ] || die "no radosgw in $ROOTFS (debian-root.sh trixie FOLDER ceph-mon ceph-osd radosgw ceph-common)"
  else
    need ceph-mon ceph-mon; need ceph-osd ceph-osd; need radosgw radosgw; need ceph ceph-common
  fi
  need curl curl; need openssl openssl
  local fsid osd
  fsid=$(cat /proc/sys/kernel/random/uuid) osd=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$DIR"/{log,run,mon,osd}
  : >"$DIR/keyring"
  write_conf "$fsid"
  { echo "PORT=$PORT"; echo "ROOTFS=$ROOTFS"; } >"$DIR/start.env"
  in_ monmaptool --create --addv a "[v2:$HOST:$((PORT + 1))]" --fsid "$fsid" "$DIR/monmap" --clobber >/dev/null
  in_ ceph-mon -c "$DIR/ceph.conf" -i a --mkfs --monmap "$DIR/monmap" --keyring "$DIR/keyring" 2>>"$DIR/log/mkfs.log"
  spawn mon "$HERE/in-root.sh" "$ROOTFS" "$DIR" ceph-mon -c "$DIR/ceph.conf" -i a -f
  wait_tcp $HOST $((PORT + 1)) 20
  ceph_ osd new "$osd" 0 >/dev/null 2>>"$DIR/log/cli.log"
  in_ ceph-osd -c "$DIR/ceph.conf" -i 0 --mkfs --osd-uuid "$osd" >>"$DIR/log/mkfs.log" 2>&1
  spawn osd "$HERE/in-root.sh" "$ROOTFS" "$DIR" ceph-osd -c "$DIR/ceph.conf" -i 0 -f
  start_gateway
  admin user create --uid=$USER_ID --display-name=$USER_ID --caps='user-policy=*;roles=*' --access-key=$ACCESS_KEY --secret-key=$SECRET_KEY >/dev/null 2>>"$DIR/log/cli.log"
  fact S3_ENDPOINT "http://$HOST:$PORT"
  if [ "${RGW_TLS:-0}" = 1 ]; then fact S3_ENDPOINT_TLS "https://localhost:$((PORT + 10))"; fact S3_CA "$DIR/tls/ca.crt"; fi
  fact S3_ACCESS_KEY $ACCESS_KEY
  fact S3_SECRET_KEY $SECRET_KEY
  fact S3_REGION us-east-1
  fact RGW_USER $USER_ID
  fact RGW_VERSION "$(in_ dpkg-query -W -f '${Version}' radosgw)"
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-0}"; }
restart() {
  local f=$DIR/run/02-rgw.pid
  if [ -e "$f" ]; then kill -KILL -- "-$(cat "$f")" 2>/dev/null || true; rm -f "$f"; fi
  start_gateway
}
case ${1:-} in
  restart | admin)
    [ -e "${2:-}/start.env" ] || die "not started in ${2:-}"
    DIR=$(cd "$2" && pwd); . "$DIR/start.env"; command=$1; shift 2; "$command" "$@" ;;
  *) main "$@" ;;
esac
