#!/bin/bash
# sabre/dav (the engine inside Nextcloud and ownCloud) under PHP's own server: locks, quota properties, Basic or Digest.
# apt: php-cli php-sabre-dav php-xml php-sqlite3     Ports: PORT = HTTP
# Env: DAV_MB (a tmpfs of that size holds the files, so that the disk fills up: needs root), DAV_AUTH (basic, digest)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"

do_start() {
  need php php-cli; [ -e /usr/share/php/Sabre/autoload.php ] || die "missing php-sabre-dav"
  mkdir -p "$DIR"/{data,etc,log}
  [ -z "${DAV_MB:-}" ] || mount -t tmpfs -o "size=${DAV_MB}m" none "$DIR/data"
  cat >"$DIR/etc/server.php" <<'P'
<?php
error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING & ~E_NOTICE); ini_set("log_errors", "1");
require '/usr/share/php/Sabre/autoload.php';
use Sabre\DAV;
$dir = getenv('LAB_DIR');
$pdo = new PDO('sqlite:' . $dir . '/etc/dav.db'); $pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$pdo->exec('CREATE TABLE IF NOT EXISTS locks (id INTEGER PRIMARY KEY ASC NOT NULL, owner TEXT, timeout INTEGER, created INTEGER, token TEXT, scope INTEGER, depth INTEGER, uri TEXT)');
$server = new DAV\Server(new DAV\FSExt\Directory($dir . '/data'));
$server->setBaseUri('/');
$server->addPlugin(new DAV\Locks\Plugin(new DAV\Locks\Backend\PDO($pdo)));
if (getenv('DAV_AUTH') === 'digest') {
  class Users extends DAV\Auth\Backend\AbstractDigest { function getDigestHash($realm, $user) { return $user === 'lab' ? md5("lab:$realm:labpass") : null; } }
} else {
  class Users extends DAV\Auth\Backend\AbstractBasic { protected function validateUserPass($u, $p) { return $u === 'lab' && $p === 'labpass'; } }
}
$server->addPlugin(new DAV\Auth\Plugin(new Users(), 'dav'));
$server->exec();
P
  spawn sabre env LAB_DIR="$DIR" DAV_AUTH="${DAV_AUTH:-basic}" PHP_CLI_SERVER_WORKERS=8 php -d display_errors=0 \
    -d error_log="$DIR/log/php.log" -d enable_post_data_reading=0 -S "$HOST:$PORT" "$DIR/etc/server.php"
  wait_for 15 http_up "http://$HOST:$PORT/"
  fact DAV_URL "http://localhost:$PORT/"
  fact DAV_USER lab; fact DAV_PASSWORD labpass; fact DAV_ROOT "$DIR/data"
  ready
}

# Its workers do not end with it.
do_stop() {
  local file workers=()
  for file in "$DIR"/run/*.pid; do
    [ ! -e "$file" ] || mapfile -t workers < <(ps -o pid= --ppid "$(cat "$file")" || true)
  done
  stop_all "$DIR"
  for file in "${workers[@]}"; do kill "$file" 2>/dev/null || true; done
  if mountpoint -q "$DIR/data"; then umount "$DIR/data"; fi
}

main "$@"
