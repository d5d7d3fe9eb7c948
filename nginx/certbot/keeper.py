"""keeper.py: keeps one certificate ordered, renewed and served, for as long as its container runs.

Certbot decides when to renew (ARI, revocation, age) and does the ordering; this program runs it twice a day, checks
before the first order that the names lead here, waits longer after each failure, and puts what Certbot got where Nginx
finds it. It needs no access to Docker: Nginx' container notices a new certificate by itself.

Nothing it does can stop a deploy or the site: it only ever adds a certificate.

Folders of the volume:
  acme/<directory>/      Certbot's own folder, one for each ACME directory, so that an account or a certificate of a
                         staging authority never meets the production one's
  served/<serial>/       fullchain.pem and privkey.pem of one certificate
  served/current         link to the one in use; changed last, so Nginx never sees half of it
  status.json            what `berth certs` shows
"""

import contextlib
import hashlib
import http.client
import json
import os
import random
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

VOLUME = Path("/var/lib/berth/certificates")
WEBROOT = Path("/var/lib/berth/webroot")
CA_FILE = Path("/tmp/directory-ca.pem")

NAMES = os.environ["NAMES"].split(",")
DIRECTORY = os.environ["ACME_DIRECTORY"]
CHALLENGE = os.environ.get("ACME_CHALLENGE", "http")
EMAIL = os.environ.get("ACME_EMAIL", "")
TOKEN_FILE = os.environ.get("CLOUDFLARE_CREDENTIALS_FILE", "")
DIRECTORY_CA = os.environ.get("ACME_DIRECTORY_CA", "")
# Seconds between two runs. Let's Encrypt asks for twice a day, at a random minute.
INTERVAL = float(os.environ.get("INTERVAL", 12 * 3600))
# Seconds until the first retry; doubled after each failure, up to INTERVAL. Five failed validations an hour are Let's
# Encrypt's limit for a name: https://letsencrypt.org/docs/rate-limits/
FIRST_RETRY = float(os.environ.get("FIRST_RETRY", 15 * 60))
# Seconds to wait for DNS records to be seen everywhere.
DNS_PROPAGATION = os.environ.get("DNS_PROPAGATION", "30")

HTTP_PORT = int(os.environ.get("HTTP_PORT", 80))
# Where Nginx answers on the stack's own network.
PROXY = os.environ.get("PROXY", "nginx:8080")

LINEAGE = "berth"
ACME = VOLUME / "acme" / hashlib.sha256(DIRECTORY.encode()).hexdigest()[:12]
SERVED = VOLUME / "served"
STATUS = VOLUME / "status.json"

stopping = threading.Event()
# The Certbot that is at work, so that a stop need not wait for it.
running = None


def stop(*_):
    stopping.set()
    if running is not None:
        running.terminate()


class Failure(Exception):
    """A run that failed, with the reason for people."""


class NotYet(Exception):
    """Nginx is not ready for the names, because the deploy that names them is still going on."""


def say(level, message, **more):
    print(json.dumps({"level": level, "msg": message, **more}), flush=True)


def write(path, text):
    """Writes a file so that it is there whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    os.replace(partial, path)


def read_status():
    try:
        return json.loads(STATUS.read_text())
    except (OSError, ValueError):
        return {}


def settings_hash():
    return hashlib.sha256("\0".join([*sorted(NAMES), DIRECTORY, CHALLENGE, DIRECTORY_CA]).encode()).hexdigest()[:16]


# --- Before an order ------------------------------------------------------------------------------------------------


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
    folder = WEBROOT / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"preflight-{token}"
    file.write_text(token)
    try:
        yield f"/.well-known/acme-challenge/{file.name}", token
    finally:
        file.unlink(missing_ok=True)


def check_proxy():
    """Raises NotYet while the stack's own Nginx does not answer challenges for every name: no order could succeed."""
    host, port = PROXY.rsplit(":", 1)
    with proof() as (path, token):
        for name in NAMES:
            try:
                answer = fetch(host, int(port), name, path)
            except (OSError, http.client.HTTPException) as error:
                raise NotYet(f"the proxy does not serve {name} yet: {error}") from error
            if answer != (200, token):
                raise NotYet(f"the proxy does not serve {name} yet: status {answer[0]}")


def preflight():
    """Finds out, without bothering the authority, whether the names lead to this host's Nginx.

    A name without address, or with somebody else's answer, cannot be proved: that is a failure. No connection at all
    may only mean that this host cannot reach itself by its outer address: that is told, and the order goes on.
    """
    problems = []
    with proof() as (path, token):
        for name in NAMES:
            try:
                addresses = sorted({info[4][0] for info in socket.getaddrinfo(name, 80, proto=socket.IPPROTO_TCP)})
            except socket.gaierror:
                problems.append(f"{name} has no address in DNS: point an A record at this host")
                continue
            try:
                status, body = fetch(name, HTTP_PORT, name, path)
            except (OSError, http.client.HTTPException) as error:
                say("warn", f"port 80 of {name} ({', '.join(addresses)}) could not be reached from here: {error}")
                continue
            if (status, body) != (200, token):
                problems.append(
                    f"port 80 of {name} ({', '.join(addresses)}) is answered by something else (status {status}): "
                    "point its A and AAAA records at this host"
                )
    if problems:
        raise Failure("; ".join(problems))


# --- Certbot --------------------------------------------------------------------------------------------------------


def certbot(*arguments):
    """Runs Certbot, and returns what it said.

    Raises Failure with its last words, which name the authority's reason.
    """
    environment = dict(os.environ)
    if DIRECTORY_CA:
        # Beside the public ones, because Cloudflare's API is asked as well. Certbot's HTTP library reads the variable.
        # https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
        public = ssl.get_default_verify_paths().cafile
        write(CA_FILE, DIRECTORY_CA + "\n" + (Path(public).read_text() if public else ""))
        environment["REQUESTS_CA_BUNDLE"] = str(CA_FILE)
    folders = ["--config-dir", str(ACME), "--work-dir", "/tmp/certbot/work", "--logs-dir", "/tmp/certbot/logs"]
    global running
    with subprocess.Popen(
        ["certbot", *arguments, "--non-interactive", *folders],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        running = run
        try:
            said, _ = run.communicate(timeout=1800)
        except subprocess.TimeoutExpired:
            run.terminate()
            raise
        finally:
            running = None
    if run.returncode != 0:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        words = [line for line in lines if not line.startswith(("Saving debug log", "Ask for help", "- - -"))]
        raise Failure(" | ".join(words[-8:]) or f"certbot ended with {run.returncode}")
    return said


def challenge_arguments():
    if CHALLENGE == "dns":
        return [
            "--dns-cloudflare",
            *("--dns-cloudflare-credentials", TOKEN_FILE),
            *("--dns-cloudflare-propagation-seconds", DNS_PROPAGATION),
        ]
    return ["--webroot", "--webroot-path", str(WEBROOT)]


def live():
    return ACME / "live" / LINEAGE


def forget_renewal_info():
    """Makes Certbot ask again at its next run what the authority says of renewal.

    It notes when to ask next (`ari_retry_after`) before it renews: after a renewal that failed, a retry would take the
    old answer for "not due" until then.
    """
    renewal = ACME / "renewal" / f"{LINEAGE}.conf"
    with contextlib.suppress(FileNotFoundError):
        kept = [line for line in renewal.read_text().splitlines(True) if not line.startswith("ari_retry_after")]
        write(renewal, "".join(kept))


def order_or_renew():
    """Has Certbot order the certificate, or renew it when it is due; does nothing when it is not."""
    if CHALLENGE == "http":
        check_proxy()
        if not (live() / "fullchain.pem").exists():
            preflight()
    certbot(
        "certonly",
        *("--server", DIRECTORY, "--cert-name", LINEAGE, "--key-type", "ecdsa"),
        *("--agree-tos", "--keep-until-expiring", "--renew-with-new-domains"),
        *(("--email", EMAIL) if EMAIL else ("--register-unsafely-without-email",)),
        *challenge_arguments(),
        *(part for name in NAMES for part in ("--domain", name)),
    )


# --- Serving --------------------------------------------------------------------------------------------------------


def publish():
    """Puts the newest certificate in use where Nginx looks. Returns whether it is another one than before."""
    chain = (live() / "fullchain.pem").read_text()
    key = (live() / "privkey.pem").read_text()
    name = hashlib.sha256(chain.encode()).hexdigest()[:16]
    current = SERVED / "current"
    if current.is_symlink() and os.readlink(current) == name:
        return False
    SERVED.mkdir(exist_ok=True)
    partial = SERVED / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    (partial / "fullchain.pem").write_text(chain)
    descriptor = os.open(partial / "privkey.pem", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    shutil.rmtree(SERVED / name, ignore_errors=True)
    os.replace(partial, SERVED / name)
    link = SERVED / "current.next"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    before = os.readlink(current) if current.is_symlink() else None
    os.replace(link, current)
    # The one before stays until the next change: Nginx may be about to read it.
    for folder in SERVED.iterdir():
        if folder.name not in (name, before, "current"):
            shutil.rmtree(folder, ignore_errors=True)
    return True


def forget_other_directories():
    """Removes accounts and certificates of authorities that are no longer asked: a staging one's, mostly."""
    for folder in (VOLUME / "acme").iterdir():
        if folder != ACME:
            shutil.rmtree(folder, ignore_errors=True)
            say("info", "removed what an earlier ACME directory had issued")


# --- The loop -------------------------------------------------------------------------------------------------------


def run_once(status):
    """One run. Returns the new status, and the seconds until the next one."""
    status = {**status, "settings": settings_hash(), "names": NAMES, "directory": DIRECTORY, "lastRun": time.time()}
    try:
        order_or_renew()
        if publish():
            say("info", "a new certificate is ready to be served", names=NAMES)
        forget_other_directories()
        status.update(failures=0, lastError=None, lastSuccess=time.time())
        wait = INTERVAL * random.uniform(0.9, 1.0)
    except NotYet as reason:
        # Nobody was asked, so nothing counts against anybody's limit.
        say("info", str(reason))
        status.update(lastError=str(reason), lastErrorAt=time.time())
        wait = 5.0
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        if stopping.is_set():
            return status, 0.0
        forget_renewal_info()
        failures = status.get("failures", 0) + 1
        status.update(failures=failures, lastError=str(error), lastErrorAt=time.time())
        wait = min(INTERVAL, FIRST_RETRY * 2 ** (failures - 1))
        say("error", f"no certificate: {error}", failures=failures, retryInSeconds=round(wait))
    status["nextRun"] = time.time() + wait
    write(STATUS, json.dumps(status, indent=2) + "\n")
    return status, wait


def main():
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    os.umask(0o022)
    (VOLUME / "acme").mkdir(parents=True, exist_ok=True)
    ACME.mkdir(mode=0o700, exist_ok=True)
    status = read_status()
    if status.get("settings") == settings_hash():
        # A container that is restarted ten times must not order ten times.
        wait = max(0.0, status.get("nextRun", 0) - time.time())
    else:
        status = {}
        wait = 0.0
    while True:
        if wait > 0:
            say("info", f"next run in {round(wait)} s")
        if stopping.wait(wait):
            return
        status, wait = run_once(status)


if __name__ == "__main__":
    sys.exit(main())
