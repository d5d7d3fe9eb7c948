"""Takes what a watcher sends: webhooks and pings at port 8080, mail at port 2525. Each is a line of JSON on its output.

A request for /refuse is answered with 503. Its clock is apart by as many seconds as /tmp/shift says. Runs inside a
container.
"""

import email
import email.policy
import json
import pathlib
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def told(**what):
    print(json.dumps(what), flush=True)


class Web(BaseHTTPRequestHandler):
    def _answer(self, body):
        told(kind="http", method=self.command, path=self.path, body=body)
        refused = self.path == "/refuse"
        self.send_response(503 if refused else 200)
        self.end_headers()
        self.wfile.write(b"not now" if refused else b"thanks")

    def date_time_string(self, timestamp=None):
        shift = pathlib.Path("/tmp/shift")
        now = time.time() if timestamp is None else timestamp
        return super().date_time_string(now + (float(shift.read_text()) if shift.exists() else 0))

    def do_GET(self):
        self._answer(None)

    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_):
        pass


class Smtp(socketserver.StreamRequestHandler):
    """https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1, as far as a client needs it."""

    def _say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def _letter(self):
        lines = []
        while (line := self.rfile.readline().rstrip(b"\r\n")) != b".":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return email.message_from_bytes(b"\r\n".join(lines), policy=email.policy.default)

    def handle(self):
        recipients = []
        self._say("220 receiver ESMTP")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"RCPT":
                recipients.append(line.split(b"<")[1].split(b">")[0].decode())
            if word == b"DATA":
                self._say("354 go on")
                letter = self._letter()
                told(kind="mail", to=recipients, subject=str(letter["Subject"]), text=letter.get_content())
                self._say("250 2.0.0 queued")
            elif word == b"QUIT":
                return self._say("221 bye")
            else:
                self._say("250 ok")


class Mail(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


threading.Thread(target=Mail(("", 2525), Smtp).serve_forever, daemon=True).start()
told(kind="ready")
ThreadingHTTPServer(("", 8080), Web).serve_forever()
