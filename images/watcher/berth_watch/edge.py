"""edge.py: what a visitor meets first: the proxy's port, and its certificate."""

import socket
import ssl
import subprocess
from datetime import UTC, datetime

PATIENCE = 5
# https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
PROXY_HEADER = b"PROXY UNKNOWN\r\n"


def reach(host, port, patience=4):
    """Whether something accepts connections there; the reason if not."""
    try:
        socket.create_connection((host, port), timeout=patience).close()
    except OSError as error:
        return f"{host}:{port} does not answer: {error}"
    return None


def _moment(text):
    return datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC).timestamp()


def dates_of(certificate):
    """When a certificate in DER form begins and ends, in seconds of the epoch, and who made it."""
    told = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-dates", "-issuer"],
        input=certificate,
        capture_output=True,
        check=True,
        timeout=10,
    ).stdout.decode()
    lines = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    return {"from": _moment(lines["notBefore"]), "to": _moment(lines["notAfter"]), "issuer": lines.get("issuer", "")}


class Edge:
    """The last look at the proxy; `error` says why there is none."""

    def __init__(self, given):
        self._given = given
        self.error = "has not been asked yet"
        # from, to, issuer; None without TLS
        self.certificate = None
        self._der = None

    def look(self):
        host, port = self._given["edgeHost"], self._given["port"]
        if not self._given["tls"]:
            self.error = reach(host, port)
            return
        # Who vouches for it is the browsers' business; here it is about its dates.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection((host, port), timeout=PATIENCE) as raw:
                if self._given["proxyProtocol"]:
                    raw.sendall(PROXY_HEADER)
                with context.wrap_socket(raw, server_hostname=self._given["name"]) as secured:
                    der = secured.getpeercert(binary_form=True)
            if der != self._der:
                self.certificate, self._der = dates_of(der), der
            self.error = None
        except (OSError, subprocess.SubprocessError, KeyError, ValueError) as error:
            self.error = f"{host}:{port}: {error}"
