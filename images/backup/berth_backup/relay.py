"""relay.py: a port that is reached elsewhere: Postgres' as a socket file, or another container's as one of this one's.

pgBackRest takes a server that it does not reach by a socket for one on a host of its own, with pgBackRest on it. So its
connections are passed on from a socket in this container; Postgres' container shares nothing but its data folder.
"""

import contextlib
import socket
import threading

from . import settings

FOLDER = settings.RUN / "postgres"


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(listener, address):
    while True:
        client, _ = listener.accept()
        try:
            server = socket.create_connection(address, timeout=10)
        except OSError:
            client.close()
            continue
        server.settimeout(None)
        for pair in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=pair, daemon=True).start()


def start(host):
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = FOLDER / ".s.PGSQL.5432"
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    threading.Thread(target=_serve, args=(listener, (host, 5432)), daemon=True).start()


def forward(host, port):
    """Passes on what comes to port 8080, for as long as the container runs."""
    _serve(socket.create_server(("", 8080)), (host, port))
