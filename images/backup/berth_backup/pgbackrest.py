"""pgbackrest.py: pgBackRest's configuration, and its commands."""

import json
import re
import threading

from . import postgres, processes, relay, settings
from .notes import Failure, write

CONFIG = settings.RUN / "pgbackrest.conf"
ERROR = re.compile(r"ERROR: \[(\d+)\]: (.*)")


def _repository(repository):
    """Options of one repository, by their names without the prefix `repoN-`."""
    given = repository.options
    shared = {
        "cipher-type": "aes-256-cbc",
        "cipher-pass": settings.secret("key").read_text(),
        "bundle": "y",
        "block": "y",
        # How long backups stay is decided in retention.py.
        "retention-full": "9999999",
    }
    if repository.kind == "volume":
        return {"path": str(settings.ROOT / "repository"), **shared}
    if repository.kind == "s3":
        return {
            "type": "s3",
            "path": f"/{given['path']}/database",
            "s3-endpoint": given["endpoint"],
            "s3-bucket": given["bucket"],
            "s3-region": given["region"],
            "s3-uri-style": "path",
            "s3-key": given["accessKey"],
            "s3-key-secret": settings.secret("s3-secret-key").read_text(),
            **({"storage-ca-file": str(settings.secret("s3-ca"))} if given["ca"] else {}),
            **shared,
        }
    return {
        "type": "sftp",
        "path": f"{given['path']}/database",
        "sftp-host": given["host"],
        "sftp-host-port": given["port"],
        "sftp-host-user": given["user"],
        "sftp-private-key-file": str(settings.secret("sftp-key")),
        "sftp-known-host": str(settings.secret("sftp-known-hosts")),
        "sftp-host-key-check-type": "strict",
        "sftp-host-key-hash-type": "sha256",
        **shared,
    }


def configuration(config):
    """Text of pgBackRest's configuration, with the secrets in it."""
    lines = ["[global]"]
    for repository in config.repositories:
        lines += [f"repo{repository.number}-{name}={value}" for name, value in _repository(repository).items()]
    lines += [
        "compress-type=zst",
        "start-fast=y",
        "log-level-console=info",
        "log-level-file=off",
        f"lock-path={settings.RUN}/lock",
        f"spool-path={settings.RUN}",
        "io-timeout=60",
        f"[{settings.STANZA}]",
        f"pg1-path={config.pgdata}",
        f"pg1-socket-path={relay.FOLDER}",
        f"pg1-user={settings.ROLE}",
    ]
    return "\n".join(lines) + "\n"


def prepare(config):
    settings.RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    CONFIG.touch(mode=0o600)
    write(CONFIG, configuration(config))
    CONFIG.chmod(0o600)


# Settings that mend what the words are about.
ADVICE = (
    ("known hosts failure", "backupSftpHostKey is not the other host's key; ssh-keyscan shows it"),
    ("public key authentication failed", "backupSftpKey does not log in there"),
    ("unable to verify certificate", "backupS3Ca has to be the authority of the service's certificate"),
    ("SignatureDoesNotMatch", "backupS3SecretKey is not the secret key of backupS3AccessKey"),
    ("InvalidAccessKeyId", "backupS3AccessKey is not known there"),
    ("NoSuchBucket", "backupS3Bucket does not exist"),
)


def reason(said):
    """Why pgBackRest failed, in its own words, and the setting that mends it."""
    found = ERROR.findall(said)
    words = f"{found[-1][1]} [{found[-1][0]}]" if found else processes.last_words(said)
    return advised(words, said)


def advised(words, said):
    return next((f"{advice}: {words}" for sign, advice in ADVICE if sign in said), words)


def command(*arguments):
    return ["pgbackrest", f"--config={CONFIG}", f"--stanza={settings.STANZA}", *arguments]


def attempt(*arguments, on_line=None):
    """Runs pgBackRest: its exit code, and what it said."""
    return processes.run(command(*arguments), environment=postgres.environment(), on_line=on_line)


def run(*arguments, on_line=None):
    """Runs pgBackRest, which must succeed. Raises Failure with its reason."""
    code, said = attempt(*arguments, on_line=on_line)
    if code != 0:
        raise Failure(reason(said))
    return said


# One repository that is away must not cost the look at the others, so each is asked by itself.
def info(repository):
    """What pgBackRest knows of a repository; {} before the first use of it. Raises Failure if it cannot be read."""
    said = run(f"--repo={repository.number}", "--log-level-console=off", "info", "--output=json")
    stanzas = json.loads(said[said.index("[") :])
    found = stanzas[0] if stanzas else {}
    for repo in found.get("repo", []):
        # 0 is fine, 1 a missing stanza, 2 no valid backup yet.
        if repo["status"]["code"] not in (0, 1, 2, 3):
            message = repo["status"]["message"]
            raise Failure(advised(message, message))
    return found


def files(repository, folder):
    """Files below a folder of a repository: size and time by path."""
    arguments = [f"--repo={repository.number}", "--log-level-console=off", "repo-ls", "--recurse", "--output=json"]
    said = processes.check(["pgbackrest", f"--config={CONFIG}", *arguments, folder], environment=postgres.environment())
    return {path: found for path, found in json.loads(said).items() if found["type"] == "file"}


def read(repository, path):
    """Text of a file of a repository."""
    arguments = [f"--repo={repository.number}", "--log-level-console=off", "repo-get", path]
    return processes.check(["pgbackrest", f"--config={CONFIG}", *arguments], environment=postgres.environment())


_ready = threading.Event()
_foreign = threading.Event()
_lock = threading.Lock()


def refuse_foreign():
    """Raises Failure if a repository was found to be another database's; nothing of it is touched."""
    if _foreign.is_set():
        raise Failure(
            "the repository holds the backups of another database. Have that one back with berth restore --to latest "
            "and berth restore swap, or give this stack a repository of its own"
        )


def ensure_stanza():
    """Makes the repositories ready for this database, once a run.

    Raises Failure if one of them holds another database's backups: those would be expired by this one's.
    """
    with _lock:
        if _ready.is_set():
            return
        code, said = attempt("--log-level-console=warn", "stanza-create")
        if code == 28:
            _foreign.set()
        refuse_foreign()
        if code != 0:
            raise Failure(reason(said))
        _ready.set()
