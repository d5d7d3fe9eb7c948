"""renewer.py: keeps one certificate ordered, renewed and served, for as long as its container runs.

Certbot decides when to renew (ARI, revocation, age) and does the ordering; this program runs it twice a day, checks
before the first order that the names lead here, waits longer after each refusal, and puts what Certbot got where Nginx
finds it. It needs no access to Docker: Nginx's container notices a new certificate by itself.

Nothing it does can stop a deploy or the site: it only ever adds a certificate.

Folders of the volume:
  acme/<directory>/      Certbot's own folder, one for each ACME directory, so that an account or a certificate of a
                         staging authority never meets the production one's
  served/<serial>/       fullchain.pem and privkey.pem of one certificate
  served/current         link to the one in use; changed last, so Nginx never sees half of it
  status.json            what `berth certs` shows
"""

import json
import os
import random
import signal
import subprocess
import threading
import time

import authority
import notes
import preflight
import renewal_info
import serving
import settings

stopping = threading.Event()
# Ends the wait for the next run: to stop, or because `berth certs --renew` asks for a run now.
woken = threading.Event()


def stop(*_):
    stopping.set()
    woken.set()
    authority.stop()


def wake(*_):
    woken.set()


def run_once(status):
    """One run. Returns the new status, and the seconds until the next one."""
    status = {
        **status,
        "settings": settings.fingerprint(),
        "names": settings.NAMES,
        "directory": settings.DIRECTORY,
        "lastRun": time.time(),
    }
    try:
        authority.order_or_renew()
        window = renewal_info.read_window(authority.live() / "fullchain.pem")
        if serving.publish():
            notes.say("info", "a new certificate is ready to be served", names=settings.NAMES)
        serving.forget_other_directories()
        status.update(failures=0, lastError=None, lastSuccess=time.time(), renewalWindow=window)
        wait = settings.INTERVAL * random.uniform(0.9, 1.0)
    except preflight.NotYet as reason:
        # No authority was asked, so nothing counts against a limit.
        notes.say("info", str(reason))
        status.update(lastError=str(reason), lastErrorAt=time.time())
        wait = 5.0
    except preflight.NotHere as reason:
        # Only our own check has failed. A corrected DNS record should not wait for hours.
        notes.say("error", f"no certificate: {reason}", retryInSeconds=round(settings.CHECK_AGAIN))
        status.update(lastError=str(reason), lastErrorAt=time.time())
        wait = settings.CHECK_AGAIN
    except (notes.Failure, OSError, subprocess.TimeoutExpired) as error:
        if stopping.is_set():
            return status, 0.0
        authority.forget_renewal_info()
        failures = status.get("failures", 0) + 1
        status.update(failures=failures, lastError=str(error), lastErrorAt=time.time())
        wait = min(settings.INTERVAL, settings.FIRST_RETRY * 2 ** (failures - 1))
        notes.say("error", f"no certificate: {error}", failures=failures, retryInSeconds=round(wait))
    status["nextRun"] = time.time() + wait
    notes.write(settings.STATUS, json.dumps(status, indent=2) + "\n")
    return status, wait


def main():
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    signal.signal(signal.SIGUSR1, wake)
    os.umask(0o022)
    (settings.VOLUME / "acme").mkdir(parents=True, exist_ok=True)
    settings.ACME.mkdir(mode=0o700, exist_ok=True)
    status = notes.read_status()
    if status.get("settings") == settings.fingerprint():
        # A container that is restarted ten times must not order ten times.
        wait = max(0.0, status.get("nextRun", 0) - time.time())
    else:
        status = {}
        wait = 0.0
    while True:
        notes.say("info", f"next run in {round(wait)} s")
        woken.wait(wait)
        if stopping.is_set():
            return
        woken.clear()
        status, wait = run_once(status)
