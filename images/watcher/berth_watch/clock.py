"""clock.py: the host's clock beside those of the servers that alerts and pings go to."""

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from email.utils import parsedate_to_datetime

from . import channels


def apart(headers, begun, ended):
    """Seconds that this clock is ahead of an answer's Date, which has no parts of a second; None without one."""
    try:
        theirs = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return None
    # Anything in between may have been the moment.
    if begun > theirs + 1:
        return begun - theirs - 1
    return min(0.0, ended - theirs)


class Clock:
    """The last comparison; None before there is one."""

    def __init__(self, address):
        parts = urllib.parse.urlsplit(address)
        self._address = f"{parts.scheme}://{parts.netloc}/"
        self.host = parts.hostname
        self.ahead = None

    def look(self):
        begun = time.time()
        try:
            with channels.opened(urllib.request.Request(self._address, method="HEAD")) as answer:
                headers = answer.headers
        except urllib.error.HTTPError as error:
            headers = error.headers
        except (OSError, ValueError, http.client.HTTPException):
            return
        self.ahead = apart(headers, begun, time.time())
