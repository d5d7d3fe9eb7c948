"""A replica of no application: answers every path with 200, over connections that it keeps. Runs inside a container."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.send_header("X-Release", "first")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8000), Web).serve_forever()
