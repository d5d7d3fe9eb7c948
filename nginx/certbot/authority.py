"""authority.py: Certbot, which orders the certificate and renews it."""

import contextlib
import os
import ssl
import subprocess
from pathlib import Path

import notes
import preflight
import settings

# The Certbot that is at work, so that a stop need not wait for it.
running = None


def stop():
    """Ends the Certbot that is at work."""
    if running is not None:
        running.terminate()


def certbot(*arguments):
    """Runs Certbot, and returns what it said.

    Raises Failure with its last words, which name the authority's reason.
    """
    environment = dict(os.environ)
    if settings.DIRECTORY_CA:
        # Beside the public ones, because Cloudflare's API is asked as well. Certbot's HTTP library reads the variable.
        # https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
        public = ssl.get_default_verify_paths().cafile
        notes.write(settings.CA_FILE, settings.DIRECTORY_CA + "\n" + (Path(public).read_text() if public else ""))
        environment["REQUESTS_CA_BUNDLE"] = str(settings.CA_FILE)
    folders = ["--config-dir", str(settings.ACME), "--work-dir", "/tmp/certbot/work", "--logs-dir", "/tmp/certbot/logs"]
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
        raise notes.Failure(" | ".join(words[-8:]) or f"certbot ended with {run.returncode}")
    return said


def challenge_arguments():
    if settings.CHALLENGE == "dns":
        return [
            "--dns-cloudflare",
            *("--dns-cloudflare-credentials", settings.TOKEN_FILE),
            *("--dns-cloudflare-propagation-seconds", settings.DNS_PROPAGATION),
        ]
    return ["--webroot", "--webroot-path", str(settings.WEBROOT)]


def live():
    return settings.ACME / "live" / settings.LINEAGE


def forget_renewal_info():
    """Makes Certbot ask again at its next run what the authority says of renewal.

    It notes when to ask next (`ari_retry_after`) before it renews: after a renewal that failed, a retry would take the
    old answer for "not due" until then.
    """
    renewal = settings.ACME / "renewal" / f"{settings.LINEAGE}.conf"
    with contextlib.suppress(FileNotFoundError):
        kept = [line for line in renewal.read_text().splitlines(True) if not line.startswith("ari_retry_after")]
        notes.write(renewal, "".join(kept))


def ordered_profile():
    """The profile that the certificate was ordered with; empty for the authority's usual one."""
    with contextlib.suppress(FileNotFoundError):
        for line in (settings.ACME / "renewal" / f"{settings.LINEAGE}.conf").read_text().splitlines():
            name, _, value = line.partition(" = ")
            if name == "required_profile" and value != "None":
                return value
    return ""


def profile_arguments():
    """Certbot looks at names and age alone, so another profile has to be asked for by name."""
    wanted = ["--required-profile", settings.PROFILE] if settings.PROFILE else []
    if (live() / "fullchain.pem").exists() and ordered_profile() != settings.PROFILE:
        return [*wanted, "--force-renewal"]
    return [*wanted, "--keep-until-expiring"]


def order_or_renew():
    """Has Certbot order the certificate, or renew it when it is due; does nothing when it is not."""
    if settings.CHALLENGE == "http":
        preflight.check_proxy()
        if not (live() / "fullchain.pem").exists():
            preflight.check_names()
    certbot(
        "certonly",
        *("--server", settings.DIRECTORY, "--cert-name", settings.LINEAGE, "--key-type", "ecdsa"),
        *("--agree-tos", "--renew-with-new-domains"),
        *profile_arguments(),
        *(("--email", settings.EMAIL) if settings.EMAIL else ("--register-unsafely-without-email",)),
        *challenge_arguments(),
        *(part for name in settings.NAMES for part in ("--domain", name)),
    )
