#!/bin/bash
# OpenSSH sshd with internal-sftp: SFTP with the extensions statvfs, hardlink, posix-rename, fsync, limits.
# apt: openssh-server openssh-client    Ports: PORT    Needs root, for users in a mount namespace of its own.
# The user lab has the password labpass and the keys DIR/etc/id_ed25519, id_rsa, id_ecdsa (id_enc has the passphrase
# "phrase"), and sees DIR/data, where it may write in /lab.
# Env: SSHD_EXTRA (more lines of sshd_config), SFTP_QUOTA_MB (a tmpfs of that size in /lab)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
do_start() {
  need /usr/sbin/sshd openssh-server; need ssh-keygen openssh-client
  mkdir -p "$DIR"/{data/lab,etc,log}; chown 0:0 "$DIR/data"; chmod 755 "$DIR/data"; chown 2000:2000 "$DIR/data/lab"
  local t
  for t in ed25519 ecdsa rsa; do
    [ -e "$DIR/etc/host_$t" ] || ssh-keygen -q -t $t -N '' -C host -f "$DIR/etc/host_$t"
    [ -e "$DIR/etc/id_$t" ] || ssh-keygen -q -t $t -N '' -C lab -f "$DIR/etc/id_$t"
  done
  [ -e "$DIR/etc/id_enc" ] || ssh-keygen -q -t ed25519 -N phrase -C lab -f "$DIR/etc/id_enc"
  cat "$DIR"/etc/id_*.pub >"$DIR/etc/authorized_keys"
  for t in ed25519 ecdsa rsa; do echo "[localhost]:$PORT,[127.0.0.1]:$PORT $(cut -d' ' -f1,2 "$DIR/etc/host_$t.pub")"; done >"$DIR/etc/known_hosts"
  local hash; hash=$(openssl passwd -6 labpass)
  { cat /etc/passwd; grep -q ^sshd: /etc/passwd || echo 'sshd:x:74:65534::/run/sshd:/bin/false'; echo "lab:x:2000:2000:lab:/lab:/bin/false"; } >"$DIR/etc/passwd"
  { cat /etc/group; echo lab:x:2000:; } >"$DIR/etc/group"
  { cat /etc/shadow; echo "lab:$hash:19000:0:99999:7:::"; } >"$DIR/etc/shadow"; chmod 600 "$DIR/etc/shadow"
  cat >"$DIR/sshd_config" <<C
ListenAddress $HOST
Port $PORT
HostKey $DIR/etc/host_ed25519
HostKey $DIR/etc/host_ecdsa
HostKey $DIR/etc/host_rsa
PidFile none
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin no
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile $DIR/etc/authorized_keys
MaxStartups 100:30:200
MaxSessions 64
MaxAuthTries 3
LoginGraceTime 20
AllowUsers lab
LogLevel VERBOSE
${SSHD_EXTRA:-}
Subsystem sftp internal-sftp -l INFO
Match User lab
  ChrootDirectory /srv
  ForceCommand internal-sftp -u 022
  AllowTcpForwarding no
C
  cat >"$DIR/run.sh" <<'R'
d=$1 q=$2; set -e; mkdir -p /run/sshd
for f in passwd group shadow; do mount --bind "$d/etc/$f" /etc/$f; done
mount --rbind "$d/data" /srv
[ -z "$q" ] || { mount -t tmpfs -o "size=${q}m,uid=2000,gid=2000,mode=755" none /srv/lab; }
exec /usr/sbin/sshd -D -e -f "$d/sshd_config"
R
  spawn sshd unshare --mount --propagation private bash "$DIR/run.sh" "$DIR" "${SFTP_QUOTA_MB:-}"
  wait_tcp $HOST "$PORT" 10
  fact SFTP_HOST localhost; fact SFTP_PORT "$PORT"; fact SFTP_USER lab; fact SFTP_PASSWORD labpass; fact SFTP_PATH /lab
  fact SFTP_KEYS "$DIR/etc"; fact SFTP_KNOWN_HOSTS "$DIR/etc/known_hosts"; fact SFTP_ROOT "$DIR/data/lab"
  ready
}
main "$@"
