"""preflight.py: whether an order can succeed, found out without bothering the authority."""

import contextlib
import http.client
import secrets
import socket
import ssl
import urllib.parse

import notes
import settings


class NotYet(Exception):
    """Nginx is not ready for the names, because the deploy that names them is still going on."""


class NotHere(notes.Failure):
    """The names do not lead to this host, as far as can be seen from here; the authority was not asked."""


def fetch(host, port, name, path, secure=False, first=b""):
    """What `host` answers for a path of `name`: the answer, and the beginning of its body.

    Any certificate will do, as it does for the authority: the placeholder is not a trusted one. `first` is sent before
    the request.
    """
    if secure:
        # The check is of the address, not of who answers there: the token in the body is the proof.
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, port, timeout=10, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.connect()
        connection.sock.sendall(first)
        connection.request("GET", path, headers={"Host": name, "User-Agent": "berth"})
        answer = connection.getresponse()
        return answer, answer.read(200).decode("ascii", "replace")
    finally:
        connection.close()


def follow(name, path):
    """Asks for a challenge as the authority does, redirects included.

    Returns the last answer, its body, and the addresses that it was redirected to.
    https://letsencrypt.org/docs/challenge-types/#http-01-challenge
    """
    answer, body = fetch(name, settings.HTTP_PORT, name, path)
    passed = []
    while answer.status in (301, 302, 303, 307, 308) and answer.getheader("Location") and len(passed) < 10:
        base = passed[-1] if passed else f"http://{name}{path}"
        target = urllib.parse.urljoin(base, answer.getheader("Location"))
        passed.append(target)
        url = urllib.parse.urlsplit(target)
        if url.scheme not in ("http", "https") or not url.hostname:
            break
        answer, body = fetch(
            url.hostname, url.port or (443 if url.scheme == "https" else 80), url.netloc, url.path, url.scheme == "https"
        )
    return answer, body, passed


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
    # A connection of nobody else's. https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
    first = b"PROXY UNKNOWN\r\n" if settings.PROXY_PROTOCOL else b""
    with proof() as (path, token):
        for name in settings.NAMES:
            try:
                answer, body = fetch(host, int(port), name, path, first=first)
            except (OSError, http.client.HTTPException) as error:
                raise NotYet(f"the proxy does not serve {name} yet: {error}") from error
            if (answer.status, body) != (200, token):
                raise NotYet(f"the proxy does not serve {name} yet: status {answer.status}")


def check_names():
    """Finds out, without bothering the authority, whether the names lead to this host's Nginx.

    A name without address, or with another server's answer, cannot be proved: NotHere. No connection at all may only mean
    that this host cannot reach itself by its outer address: that is told, and the order goes on.
    """
    problems = []
    with proof() as (path, token):
        for name in settings.NAMES:
            problem = check_name(name, path, token)
            if problem is not None:
                problems.append(problem)
    if problems:
        raise NotHere("; ".join(problems))


def check_name(name, path, token):
    """What keeps the authority from finding the challenge under one name; None if nothing does."""
    try:
        addresses = sorted({info[4][0] for info in socket.getaddrinfo(name, 80, proto=socket.IPPROTO_TCP)})
    except socket.gaierror:
        return f"{name} has no address in DNS: point an A record at this host"
    where = f"port 80 of {name} ({', '.join(addresses)})"
    try:
        answer, body, passed = follow(name, path)
    except (OSError, http.client.HTTPException) as error:
        notes.say("warn", f"{where} could not be reached from here: {error}")
        return None
    if (answer.status, body) == (200, token):
        return None
    if passed:
        return (
            f"{where} redirects to {passed[-1].split('?')[0]}, which is answered with status {answer.status} by another "
            "server than this host's: have what is in front (a CDN or a load balancer) pass "
            "/.well-known/acme-challenge/ on to this host, or set acmeChallenge dns"
        )
    return (
        f"{where} is answered by something else (status {answer.status}): "
        "point its A and AAAA records at this host"
    )
