#!/bin/bash
# pyftpdlib: an FTP/FTPS server in which a test can switch things on that the C servers
# lack: AVBL (free bytes), and off what old servers lack (MLSD, EPSV, SIZE, UTF8 ...).
# pip: pyftpdlib pyopenssl (or apt python3-pyftpdlib python3-openssl)
# Ports: PORT, PORT+10 and the next FTP_PASSIVE (default 50) passive   Env: PYTHON, FTP_TLS=none|optional|required,
#      FTP_WITHOUT="MLSD MLST EPSV" (commands answered 502), FTP_QUOTA_BYTES (AVBL and 552)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")"); . "$HERE/lib.sh"
do_start() {
  local py=${PYTHON:-$HERE/../../.venv/bin/python}; "$py" -c 'import pyftpdlib, OpenSSL' 2>/dev/null || die "missing pyftpdlib pyopenssl (pip)"
  make_certs; mkdir -p "$DIR/data/lab"
  cat >"$DIR/server.py" <<'P'
import itertools, os, sys, logging
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer
d, port, tls, without, quota = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].split(), int(sys.argv[5] or 0)
passive = int(sys.argv[6])
root = d + "/data/lab"; a = DummyAuthorizer(); a.add_user("lab", "labpass", root, perm="elradfmwMT")
def used(): return sum(os.path.getsize(os.path.join(p, f)) for p, _, fs in os.walk(root) for f in fs)
class FS(AbstractedFS):
    # Its own changes the folder of the process, which all threads share: once somebody removes that, every session breaks off.
    def chdir(self, path):
        os.scandir(path).close()
        self.cwd = self.fs2ftp(path)
class H(TLS_FTPHandler if tls != "none" else FTPHandler):
    proto_cmds = dict(TLS_FTPHandler.proto_cmds if tls != "none" else FTPHandler.proto_cmds)
    def ftp_AVBL(self, line):
        free = quota - used() if quota else os.statvfs(root).f_bavail * os.statvfs(root).f_frsize
        self.respond(f"213 {max(0, free)}")
    def ftp_STOR(self, file, mode="w"):
        if quota and used() >= quota: return self.respond("552 Quota exceeded.")
        return super().ftp_STOR(file, mode)
H.proto_cmds["AVBL"] = dict(perm="l", auth=True, arg=None, help="Syntax: AVBL [<SP> dir] (available bytes).")
for c in without: H.proto_cmds.pop(c, None)
class Turns(list):
    # Two threads that take one port at the same moment both may bind it; whoever listens second is closed without a word.
    turn = itertools.count()
    def __iter__(self):
        n = next(self.turn)
        return iter([self[n % len(self)], self[(n + len(self) // 2) % len(self)]])
H.authorizer = a; H.abstracted_fs = FS; H.passive_ports = Turns(range(port + 10, port + 10 + passive)); H.banner = "lab"; H.timeout = 60
if tls != "none":
    H.certfile = d + "/tls/server.pem"; H.tls_control_required = H.tls_data_required = tls == "required"
logging.basicConfig(filename=d + "/log/ftp.log", level=logging.INFO)
s = ThreadedFTPServer(("127.0.0.1", port), H)
s.max_cons = 0  # else 512: fewer than many drivers at once keep
s.serve_forever()
P
  spawn pyftpd "$py" "$DIR/server.py" "$DIR" "$PORT" "${FTP_TLS:-optional}" "${FTP_WITHOUT:-}" "${FTP_QUOTA_BYTES:-0}" "${FTP_PASSIVE:-50}"
  wait_tcp $HOST "$PORT" 15
  fact FTP_HOST localhost; fact FTP_PORT "$PORT"; fact FTP_USER lab; fact FTP_PASSWORD labpass; fact FTP_CA "$DIR/tls/ca.crt"; fact FTP_ROOT "$DIR/data/lab"
  ready
}
do_stop() { stop_all "$DIR" "${STOP_SECONDS:-2}"; }
main "$@"
