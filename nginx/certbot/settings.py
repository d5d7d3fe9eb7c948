"""settings.py: what the container is told, and where its files are."""

import hashlib
import os
from pathlib import Path

VOLUME = Path("/var/lib/berth/certificates")
WEBROOT = Path("/var/lib/berth/webroot")
CA_FILE = Path("/tmp/directory-ca.pem")

NAMES = os.environ["NAMES"].split(",")
DIRECTORY = os.environ["ACME_DIRECTORY"]
CHALLENGE = os.environ.get("ACME_CHALLENGE", "http")
# Which of the authority's kinds of certificate; empty for its usual one.
PROFILE = os.environ.get("ACME_PROFILE", "")
EMAIL = os.environ.get("ACME_EMAIL", "")
TOKEN_FILE = os.environ.get("CLOUDFLARE_CREDENTIALS_FILE", "")
DIRECTORY_CA = os.environ.get("ACME_DIRECTORY_CA", "")
# Seconds between two runs. Let's Encrypt asks for twice a day, at a random minute.
INTERVAL = float(os.environ.get("INTERVAL", 12 * 3600))
# Seconds until the first retry; doubled after each failure, up to INTERVAL. Five failed validations an hour are Let's
# Encrypt's limit for a name: https://letsencrypt.org/docs/rate-limits/
FIRST_RETRY = float(os.environ.get("FIRST_RETRY", 15 * 60))
# Seconds until the names are looked at again after a check of our own has failed: no authority was asked, so nothing counts.
CHECK_AGAIN = float(os.environ.get("CHECK_AGAIN", 3 * 60))
# Seconds to wait for DNS records to be seen everywhere.
DNS_PROPAGATION = os.environ.get("DNS_PROPAGATION", "30")

HTTP_PORT = int(os.environ.get("HTTP_PORT", 80))
# Where Nginx answers on the stack's own network.
PROXY = os.environ.get("PROXY", "nginx:8080")
# Whether it wants PROXY protocol's header in front of each connection.
PROXY_PROTOCOL = os.environ.get("PROXY_PROTOCOL") == "1"

LINEAGE = "berth"
ACME = VOLUME / "acme" / hashlib.sha256(DIRECTORY.encode()).hexdigest()[:12]
SERVED = VOLUME / "served"
STATUS = VOLUME / "status.json"


def fingerprint():
    """Names the settings that decide which certificate is wanted."""
    # A setting that is not made says nothing here, so that a newer version of this program orders nothing new.
    wanted = [*sorted(NAMES), DIRECTORY, CHALLENGE, DIRECTORY_CA, *([PROFILE] if PROFILE else [])]
    return hashlib.sha256("\0".join(wanted).encode()).hexdigest()[:16]
