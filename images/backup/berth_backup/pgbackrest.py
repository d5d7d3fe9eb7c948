"""pgbackrest.py: pgBackRest's configuration, and its commands."""

import json
import re
import threading

from . import postgres, processes, relay, settings
from .advice import PLACES, advised
from .notes import Failure, write

CONFIG = settings.RUN / "pgbackrest.conf"
# Its code, its words, and the line below, which has the reason when the words end with a colon.
ERROR = re.compile(r"ERROR: \[(\d+)\]: (.*)(?:\n +(.*))?")


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


def reason(said):
    """Why pgBackRest failed, in its own words, and the setting that mends it."""
    found = ERROR.findall(said)
    if not found:
        return advised(processes.last_words(said), said)
    code, words, below = found[-1]
    if words.endswith(":") and below.isprintable():
        words = f"{words} {below}"
    return advised(f"{words.rstrip(':')} [{code}]", said)


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


# Seconds without a byte until a look at a repository fails; commands that write have `io-timeout`.
LOOK = "--io-timeout=10"

# Seconds that a look may take in all: a service that answers some bytes a second would hold it up for hours.
LONGEST_LOOK = 120


# One repository that is away must not cost the look at the others, so each is asked by itself.
def info(repository):
    """What pgBackRest knows of a repository; {} before the first use of it. Raises Failure if it cannot be read."""
    options = [f"--repo={repository.number}", LOOK, "--log-level-console=off"]
    said = _looked(repository, command(*options, "info", "--output=json"))
    # With a wrong key its message holds bytes that no strict reader of JSON takes.
    stanzas = json.loads(said[said.index("[") :], strict=False)
    found = stanzas[0] if stanzas else {}
    for repo in found.get("repo", []):
        # 0 is fine, 1 a missing stanza, 2 no valid backup yet.
        if repo["status"]["code"] not in (0, 1, 2, 3):
            message = repo["status"]["message"]
            raise Failure(advised(message.splitlines()[0].rstrip(":"), message))
    return found


def files(repository, folder):
    """Files below a folder of a repository: size and time by path."""
    said = _look_into(repository, "repo-ls", "--recurse", "--output=json", folder)
    return {path: found for path, found in json.loads(said).items() if found["type"] == "file"}


def read(repository, path):
    """Text of a file of a repository."""
    return _look_into(repository, "repo-get", path)


def _look_into(repository, *arguments):
    options = [f"--repo={repository.number}", LOOK, "--log-level-console=off", "--log-level-stderr=error"]
    command_ = ["pgbackrest", f"--config={CONFIG}", *options, *arguments]
    return _looked(repository, command_)


def _looked(repository, command_):
    try:
        code, said = processes.run(command_, environment=postgres.environment(), limit=LONGEST_LOOK)
    except Failure as late:
        raise Failure(f"did not answer within {LONGEST_LOOK} s; look at {PLACES[repository.kind]}") from late
    if code != 0:
        raise Failure(reason(said))
    return said


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


def _is_foreign(repository, system):
    """Whether a repository holds another database's backups."""
    known = [str(database["system-id"]) for database in info(repository).get("db", [])]
    return bool(known) and known[-1] != system


def ensure_stanza(config):
    """Makes the repositories ready for this database, once a run.

    Raises Failure if one of them holds another database's backups: those would be expired by this one's.
    """
    with _lock:
        if _ready.is_set():
            return
        # stanza-create gives an empty repository to this database before it meets the next one's refusal.
        with postgres.connected(config) as connection:
            [[system]] = postgres.query(connection, "select system_identifier::text from pg_control_system()")
        if any(_is_foreign(repository, system) for repository in config.repositories):
            _foreign.set()
        refuse_foreign()
        code, said = attempt("--log-level-console=warn", "stanza-create")
        if code == 28:
            _foreign.set()
        refuse_foreign()
        if code != 0:
            raise Failure(reason(said))
        _ready.set()
