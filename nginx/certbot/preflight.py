"""preflight.py: whether an order can succeed, found out without bothering the authority."""

import contextlib
import http.client
import secrets
import socket

import notes
import settings


class NotYet(Exception):
    """Nginx is not ready for the names, because the deploy that names them is still going on."""


def fetch(host, port, name, path):
    """What `host` answers for a path of `name`: the status, and the beginning of the body."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": name, "User-Agent": "berth"})
        answer = connection.getresponse()
        return answer.status, answer.read(200).decode("ascii", "replace")
    finally:
        connection.close()


@contextlib.contextmanager
def proof():
    """A file among the challenges: its path as a client asks for it, and its content."""
    token = secrets.token_urlsafe(16)
    folder = settings.WEBROOT / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"preflight-{token}"
    file.write_text(token)
    try:
        yield f"/.well-known/acme-challenge/{file.name}", token
    finally:
        file.unlink(missing_ok=True)


def check_proxy():
    """Raises NotYet while the stack's own Nginx does not answer challenges for every name: no order could succeed."""
    host, port = settings.PROXY.rsplit(":", 1)
    with proof() as (path, token):
        for name in settings.NAMES:
            try:
                answer = fetch(host, int(port), name, path)
            except (OSError, http.client.HTTPException) as error:
                raise NotYet(f"the proxy does not serve {name} yet: {error}") from error
            if answer != (200, token):
                raise NotYet(f"the proxy does not serve {name} yet: status {answer[0]}")


def check_names():
    """Finds out, without bothering the authority, whether the names lead to this host's Nginx.

    A name without address, or with somebody else's answer, cannot be proved: that is a failure. No connection at all
    may only mean that this host cannot reach itself by its outer address: that is told, and the order goes on.
    """
    problems = []
    with proof() as (path, token):
        for name in settings.NAMES:
            try:
                addresses = sorted({info[4][0] for info in socket.getaddrinfo(name, 80, proto=socket.IPPROTO_TCP)})
            except socket.gaierror:
                problems.append(f"{name} has no address in DNS: point an A record at this host")
                continue
            try:
                status, body = fetch(name, settings.HTTP_PORT, name, path)
            except (OSError, http.client.HTTPException) as error:
                notes.say("warn", f"port 80 of {name} ({', '.join(addresses)}) could not be reached from here: {error}")
                continue
            if (status, body) != (200, token):
                problems.append(
                    f"port 80 of {name} ({', '.join(addresses)}) is answered by something else (status {status}): "
                    "point its A and AAAA records at this host"
                )
    if problems:
        raise notes.Failure("; ".join(problems))
