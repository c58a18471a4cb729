#!/usr/bin/env python3
"""Files over HTTP for the tests, by an implementation that is not ours.

    files_over_http.py PORT FOLDER

GET serves the files of FOLDER with ETag, ranges and If-Range; PUT writes them. Below `/busy/` the first request of each
path is answered with 503 and `Retry-After: 1`; below `/to/` requests are redirected to what follows, percent-encoded;
`/slowly/` serves at most 64 MiB a second, `/stalling/` a head and no byte of the body. Every request is written to
standard output as one line of JSON once it is over: `method`, `path`, `headers`, `status`, and `bytes` (of the body that
was sent or taken); one that stalls says so when it begins to.
"""

import hashlib
import json
import os
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = 1 << 18
SPEAKING = threading.Lock()


def say(what):
    # One at a time: requests end on threads of their own, and `print` writes a line and its end apart.
    with SPEAKING:
        print(json.dumps(what), flush=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    busy = set()

    def file(self, prefix="/"):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)[len(prefix):]
        return os.path.join(self.server.folder, os.path.basename(path))

    def answer(self, status, headers=(), length=0):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.log["status"] = status

    def handle_one_request(self):
        self.log = None
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True
        if self.log is not None:
            say(self.log)

    def begin(self):
        self.log = {
            "method": self.command, "path": self.path, "headers": dict(self.headers), "status": None, "bytes": 0}

    def do_GET(self):
        self.begin()
        if self.path.startswith("/to/"):
            return self.answer(302, [("Location", urllib.parse.unquote(self.path[len("/to/"):]))])
        prefix = next((p for p in ("/busy/", "/slowly/", "/stalling/") if self.path.startswith(p)), "/")
        if prefix == "/busy/" and self.path not in self.busy:
            self.busy.add(self.path)
            return self.answer(503, [("Retry-After", "1")])
        try:
            file = open(self.file(prefix), "rb")
        except OSError:
            return self.answer(404)
        with file:
            state = os.fstat(file.fileno())
            tag = '"%x-%x"' % (state.st_size, state.st_mtime_ns)
            first, headers = 0, [("ETag", tag), ("Accept-Ranges", "bytes")]
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if wanted and self.headers.get("If-Range", tag) == tag:
                first = int(wanted[1])
                if first >= state.st_size:
                    return self.answer(416, [("Content-Range", "bytes */%d" % state.st_size)])
                headers.append(("Content-Range", "bytes %d-%d/%d" % (first, state.st_size - 1, state.st_size)))
            self.answer(206 if first else 200, headers, state.st_size - first)
            if prefix == "/stalling/":
                say({"stalling": self.path})
                self.rfile.read(1)
                return
            file.seek(first)
            while chunk := file.read(CHUNK):
                self.wfile.write(chunk)
                self.log["bytes"] += len(chunk)
                if prefix == "/slowly/":
                    time.sleep(CHUNK / (64 << 20))

    def do_PUT(self):
        self.begin()
        left = int(self.headers["Content-Length"])
        digest = hashlib.sha256()
        part = self.file() + ".part"
        with open(part, "wb") as file:
            while left and (chunk := self.rfile.read(min(left, CHUNK))):
                file.write(chunk)
                digest.update(chunk)
                left -= len(chunk)
                self.log["bytes"] += len(chunk)
        if left:
            self.close_connection = True
            return
        os.rename(part, self.file())
        self.log["sha256"] = digest.hexdigest()
        self.answer(201)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = True
server.folder = sys.argv[2]
say({"listening": True})
server.serve_forever()
