"""control.py: questions and orders from inside the container, as lines of JSON over a socket.

`docker exec` runs `berth-backup status`, which asks the program that keeps the backups: one process knows the truth.
"""

import contextlib
import json
import socket
import threading

from . import settings
from .notes import Failure
from .parts import told


def serve(handlers):
    """Answers for as long as the program runs. A handler gets the order and a function that tells progress."""
    settings.CONTROL.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(settings.CONTROL))
    settings.CONTROL.chmod(0o600)
    listener.listen(8)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_answer, args=(client, handlers), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def _answer(client, handlers):
    with client, client.makefile("rw") as stream:

        def tell(message):
            # Who asked may have gone; the work goes on.
            with contextlib.suppress(OSError):
                stream.write(json.dumps(message) + "\n")
                stream.flush()

        order = json.loads(stream.readline())
        try:
            tell({"answer": handlers[order["order"]](order, tell)})
        except Exception as error:
            tell({"failed": told(error)})


def ask(order, on_progress=lambda _: None):
    """Gives an order and returns the answer. Raises Failure if it failed, or nothing answers."""
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(str(settings.CONTROL))
    except OSError as error:
        raise Failure("the backups' program has not started yet; its log says why: berth logs backup") from error
    with client, client.makefile("rw") as stream:
        stream.write(json.dumps(order) + "\n")
        stream.flush()
        for line in stream:
            message = json.loads(line)
            if "answer" in message:
                return message["answer"]
            if "failed" in message:
                raise Failure(message["failed"])
            on_progress(message)
    raise Failure("the backups' program ended before it answered")
