"""scratch_server.py: a restored database with a server of its own, in this container, reached by a socket only."""

import contextlib
import csv
import io
import shutil
import subprocess
import threading
import time

from . import pgbackrest, processes, settings
from .notes import Failure


def restore(repository, folder, label, timeline, target, on_share=lambda _: None):
    """Restores a backup into an empty folder; the server replays the log up to a target when it starts.

    timeline: as names of segments begin; None for the newest.
    target: a kind and its value: name or time, whose target is the last that is replayed; lsn, whose target is the
    first that is not; default for all of the log.
    """
    folder.mkdir(parents=True, mode=0o700)
    kind, value = target
    selection = [] if kind == "default" else [f"--target={value}", "--target-action=promote"]
    if kind == "lsn":
        selection.append("--target-exclusive")
    if timeline is not None:
        selection.append(f"--target-timeline={int(timeline, 16)}")

    def on_line(line):
        found = line.rsplit(", ", 1)[-1].split("%)")[0] if "%)" in line else ""
        with contextlib.suppress(ValueError):
            on_share(float(found))

    pgbackrest.run(
        f"--repo={repository.number}",
        f"--pg1-path={folder}",
        f"--set={label}",
        f"--type={kind}",
        *selection,
        "--archive-mode=off",
        "--recovery-option=restore_command=berth-wal-get %f %p",
        "--log-level-console=detail",
        "restore",
        on_line=on_line,
    )


class Server:
    """A restored server that answers."""

    def __init__(self, socket_folder):
        self._socket = socket_folder

    def rows(self, query, database="postgres"):
        """The rows of a query, as lists of texts."""
        said = self._ask(query, database, "--csv")
        # A row of one empty column is an empty line, which Python takes for a row without columns.
        return [row or [""] for row in csv.reader(io.StringIO(said))]

    def copy(self, query, database, file):
        """Writes the rows of a query to an open file, as COPY FROM STDIN takes them."""
        file.flush()
        self._ask(f"copy ({query}) to stdout", database, stdout=file)

    def _ask(self, query, database, *options, stdout=subprocess.PIPE):
        command = ["psql", "-XqAt", *options, "-v", "ON_ERROR_STOP=1", "-h", str(self._socket), "-U", "postgres"]
        ended = subprocess.run(
            [*command, "-d", database, "-c", query], stdout=stdout, stderr=subprocess.PIPE, text=True
        )
        if ended.returncode != 0:
            raise Failure(f"the restored database: {processes.last_words(ended.stderr, 1)}")
        return ended.stdout

    def has_table(self, database, name):
        return self.rows(f"select to_regclass('{name}') is not null", database) == [["t"]]

    def amcheck(self):
        """Reads every page of every table and index, and compares indexes with tables. Raises Failure for damage."""
        code, said = processes.run(
            [
                *("pg_amcheck", "--host", self._socket, "--username", "postgres", "--all"),
                # Without these it looks at the order of index pages alone, and only where the extension is installed.
                *("--install-missing", "--heapallindexed", "--parent-check", "--rootdescend"),
            ]
        )
        if code != 0:
            raise Failure(f"the restored database is damaged: {processes.last_words(said)}")


@contextlib.contextmanager
def running(data, folder, durable=False):
    """Starts a restored server and yields it once its log is replayed; stops it in the end.

    durable: what it writes survives a power failure.
    Raises Failure with the server's own reason if the target cannot be reached.
    """
    socket_folder = settings.RUN / "restored"
    shutil.rmtree(socket_folder, ignore_errors=True)
    socket_folder.mkdir(mode=0o700, parents=True)
    hba = folder / "hba.conf"
    hba.write_text("local all all trust\n")
    options = {
        "listen_addresses": "",
        "unix_socket_directories": socket_folder,
        "hba_file": hba,
        "shared_buffers": "32MB",
        "archive_mode": "off",
        # Until it has replayed everything nobody asks it, so it may have less of everything than the original.
        "hot_standby": "off",
        "logging_collector": "off",
        "log_min_messages": "warning",
        "log_destination": "stderr",
        "autovacuum": "off",
        "fsync": "on" if durable else "off",
    }
    process = processes.start(
        ["postgres", "-D", data, *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))]
    )
    said = []
    reader = _reader(process, said)
    server = Server(socket_folder)
    try:
        _await(process, socket_folder, said)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        processes.finish(process)


def _reader(process, said):
    def read():
        for line in process.stdout:
            said.append(line)
            del said[:-200]

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _await(process, socket_folder, said):
    """Waits until the server answers. It may take as long as it replays."""
    while True:
        if process.poll() is not None:
            time.sleep(0.2)
            fatal = [line for line in said if "FATAL" in line or "PANIC" in line]
            raise Failure(f"the restored server ended: {processes.last_words(''.join(fatal or said), 2)}")
        code, _ = processes.run(["pg_isready", "-q", "-h", socket_folder])
        if code == 0:
            return
        time.sleep(0.5)
