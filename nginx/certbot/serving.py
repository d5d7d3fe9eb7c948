"""serving.py: puts what Certbot got where Nginx finds it."""

import hashlib
import os
import shutil

import notes
import settings
from authority import live


def publish():
    """Puts the newest certificate in use where Nginx looks. Returns whether it is another one than before."""
    chain = (live() / "fullchain.pem").read_text()
    key = (live() / "privkey.pem").read_text()
    name = hashlib.sha256(chain.encode()).hexdigest()[:16]
    current = settings.SERVED / "current"
    if current.is_symlink() and os.readlink(current) == name:
        return False
    settings.SERVED.mkdir(exist_ok=True)
    partial = settings.SERVED / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    (partial / "fullchain.pem").write_text(chain)
    descriptor = os.open(partial / "privkey.pem", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    shutil.rmtree(settings.SERVED / name, ignore_errors=True)
    os.replace(partial, settings.SERVED / name)
    link = settings.SERVED / "current.next"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    before = os.readlink(current) if current.is_symlink() else None
    os.replace(link, current)
    # The one before stays until the next change: Nginx may be about to read it.
    for folder in settings.SERVED.iterdir():
        if folder.name not in (name, before, "current"):
            shutil.rmtree(folder, ignore_errors=True)
    return True


def forget_other_directories():
    """Removes accounts and certificates of authorities that are no longer asked: a staging one's, mostly."""
    for folder in (settings.VOLUME / "acme").iterdir():
        if folder != settings.ACME:
            shutil.rmtree(folder, ignore_errors=True)
            notes.say("info", "removed what an earlier ACME directory had issued")
