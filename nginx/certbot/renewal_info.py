"""renewal_info.py: when the authority wants the served certificate renewed (ARI, RFC 9773)."""

import base64
import json
import multiprocessing
import signal
import ssl
import urllib.request

import notes
import settings


def read_window(file):
    """The window that the authority suggests for a certificate, as two ISO times; None if there is none, or no answer.

    Another process asks, because the libraries would keep their memory for as long as the container runs.
    """
    with multiprocessing.get_context("fork").Pool(1, initializer=heed_the_end) as pool:
        try:
            return pool.apply(ask, (file.read_bytes(),))
        except (OSError, ValueError, LookupError) as error:
            notes.say("info", f"the authority does not tell when to renew: {error}")
            return None


def heed_the_end():
    """The pool ends its process by a signal, which this program's own handlers would keep from it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def ask(chain):
    base = fetch(settings.DIRECTORY).get("renewalInfo")
    if base is None:
        return None
    window = fetch(f"{base}/{identify(chain)}")["suggestedWindow"]
    return [window["start"], window["end"]]


def identify(chain):
    """Names a certificate as RFC 9773 wants it: its issuer's key and its serial number."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificates(chain)[0]
    issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    serial = certificate.serial_number
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (issuer, number))


def fetch(url):
    context = ssl.create_default_context()
    if settings.DIRECTORY_CA:
        context.load_verify_locations(cadata=settings.DIRECTORY_CA)
    request = urllib.request.Request(url, headers={"User-Agent": "berth"})
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return json.load(answer)
