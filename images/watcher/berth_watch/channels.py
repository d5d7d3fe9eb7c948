"""channels.py: whom to tell: a webhook, e-mail, and the dead man's switch. Each says what its receiver answered."""

import http.client
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from . import settings

# Seconds that a receiver has for its answer.
PATIENCE = 10

WRONG_ADDRESS = "the setting is no address of http or https"


class Undelivered(Exception):
    """A receiver did not take a message, with what it answered."""


def _trust():
    context = ssl.create_default_context()
    authorities = settings.secret_path("trusted-ca.pem")
    if authorities.exists():
        context.load_verify_locations(authorities)
    return context


def opened(request):
    """An HTTP answer. An address of the settings is asked as it is: no proxy of the environment is."""
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_trust())]
    return urllib.request.build_opener(*handlers).open(request, timeout=PATIENCE)


def _ask(address, body=None, headers=None):
    try:
        request = urllib.request.Request(address, body, {"User-Agent": "berth-watch", **(headers or {})})
        with opened(request) as answer:
            text = answer.read(300).decode(errors="replace").strip()
            return f"{answer.status} {text}".strip()
    except urllib.error.HTTPError as error:
        raise Undelivered(f"{error.code} {error.read(300).decode(errors='replace').strip()}".strip()) from error
    except OSError as error:
        raise Undelivered(str(getattr(error, "reason", error))) from error
    except http.client.InvalidURL as error:
        raise Undelivered(WRONG_ADDRESS) from error
    except http.client.HTTPException as error:
        raise Undelivered(f"its answer is no HTTP: {type(error).__name__}") from error
    except ValueError as error:
        # Its text has the whole address, which is a secret.
        raise Undelivered(WRONG_ADDRESS) from error


def headline(message):
    word = {"firing": "FIRING", "resolved": "resolved", "test": "test"}[message["status"]]
    return f"[{message['project']}/{message['stack']}] {word}: {message['alert']}: {message['summary']}"


class Webhook:
    """An HTTP POST of JSON; `text` and `content` are what chat programs show."""

    name = "webhook"

    def send(self, message):
        lines = "\n".join([headline(message), *message["details"]])
        body = json.dumps({**message, "text": lines, "content": lines}).encode()
        return _ask(settings.secret("webhook"), body, {"Content-Type": "application/json"})


class Heartbeat:
    """A ping to an address that tells somebody if it stays away: the watcher cannot tell of its own end."""

    name = "heartbeat"

    def send(self, _=None):
        return _ask(settings.secret("heartbeat"))


class Mail:
    """A message to each recipient, through the stack's own mail server."""

    name = "mail"

    def __init__(self, given):
        self._given = given

    def _letter(self, message):
        letter = EmailMessage()
        letter["Subject"] = headline(message)
        letter["From"] = self._given["sender"]
        letter["To"] = ", ".join(self._given["to"])
        letter["Date"] = formatdate()
        letter["Message-ID"] = make_msgid(domain=self._given["sender"].rpartition("@")[2].rstrip("> "))
        # No answer of an absence comes back. https://www.rfc-editor.org/rfc/rfc3834
        letter["Auto-Submitted"] = "auto-generated"
        lines = [message["summary"], "", *message["details"], "", f"since {message['since']}"]
        letter.set_content("\n".join([*lines, f"what to do: {message['runbook']}"]) + "\n")
        return letter

    def send(self, message):
        server, port, tls_first = (self._given[name] for name in ("server", "port", "tlsFirst"))
        try:
            if tls_first:
                session = smtplib.SMTP_SSL(server, port, timeout=PATIENCE, context=_trust())
            else:
                session = smtplib.SMTP(server, port, timeout=PATIENCE)
            with session:
                if self._given["encrypted"] and not tls_first:
                    session.starttls(context=_trust())
                if self._given["user"] is not None:
                    session.login(self._given["user"], settings.secret("smtp-password"))
                return self._hand_over(session, self._letter(message))
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(str(error) or type(error).__name__) from error

    def _hand_over(self, session, letter):
        session.ehlo_or_helo_if_needed()
        for code, answer in [
            session.mail(self._given["sender"].rpartition("<")[2].rstrip("> ")),
            *(session.rcpt(one) for one in self._given["to"]),
            session.data(letter.as_bytes(policy=SMTP)),
        ]:
            if code not in (250, 251):
                raise Undelivered(f"{code} {answer.decode(errors='replace')}")
        return f"{code} {answer.decode(errors='replace')}"


def of(given):
    """The channels that alerts go through."""
    return [*([Webhook()] if given.webhook else []), *([Mail(given.mail)] if given.mail else [])]
