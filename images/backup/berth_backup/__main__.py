"""Keeps the backups of one stack, and answers questions about them.

berth-backup run                    the program of the container
berth-backup alive                  ends with 0 while that program answers
berth-backup status                 everything, as one line of JSON
berth-backup backup full|diff|incr  makes a backup now
berth-backup prove                  restores the newest backup and checks it
berth-backup point NAME [archived]  names this moment in the write-ahead log, and waits until it is archived
berth-backup points                 the moments that were named, as one line of JSON
berth-backup restore JSON           restores a moment beside the data; in a container of its own
berth-backup fetch JSON             writes a script with tables of the restored moment; in a container of its own
berth-backup forward HOST PORT      passes on what comes to port 8080; in a container of its own
berth-backup keep-state             takes the deployment's state from standard input
berth-backup state                  the deployment's state that was kept last
"""

import json
import os
import signal
import sys
import threading
import time
from types import SimpleNamespace

from . import backups, control, deployed, fetch, handing, pgbackrest, postgres, processes, relay, report, restore, settings, wal
from .archive import Archiver
from .notes import Failure, Memory, Records, say
from .receiver import Receiver
from .uploads import Keeper
from .worker import Worker


def run():
    """Works until it is stopped. What is under way then is ended, and begun again at the next start."""
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    config = settings.read()
    for folder in (settings.WAL, settings.STATE, settings.SCRATCH, settings.RUN):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    postgres.prepare()
    pgbackrest.prepare(config)
    relay.start(config.databaseHost)
    memory = Memory(settings.STATE / "memory.json")
    memory.set(running=None)
    if not memory.get("needsFull") and not memory.get("begun"):
        memory.set(needsFull="there is none yet", begun=True)
    receiver = Receiver(config, memory, stopping)
    archiver = Archiver(config, memory, receiver, stopping)
    parts = SimpleNamespace(
        memory=memory,
        archiver=archiver,
        backups=Records("backups"),
        proofs=Records("proofs"),
        points=Records("points"),
        uploads=Keeper(config, memory, stopping) if config.uploads else None,
    )
    worker = Worker(config, parts, stopping)
    working = (receiver, archiver, worker, parts.uploads, deployed.Keeper(config, memory, stopping))
    parts.threads = [one for one in working if one is not None]
    if os.path.ismount(settings.HANDED):
        parts.threads.append(handing.Handing(config, parts, stopping))
    control.serve(handlers(config, parts, worker))
    for thread in parts.threads:
        thread.start()
    say("info", "backups are kept", repositories=[one.kind for one in config.repositories])
    while not stopping.wait(1):
        pass
    processes.stop_all()


def handlers(config, parts, worker):
    def work(order, tell):
        errors = worker.do(order["job"], tell)
        report.forget_looks()
        if errors:
            raise Failure("; ".join(errors))
        return "done"

    def point(order, _):
        with postgres.connected(config) as connection:
            [[position]] = postgres.query(connection, "select pg_create_restore_point(%s)::text", order["name"])
            # Its commit is what a moment right before it is recognised by.
            postgres.query(connection, "select pg_current_xact_id()::text")
            postgres.query(connection, "select pg_switch_wal()::text")
        made = {"name": order["name"], "lsn": position, "at": time.time()}
        parts.points.add({**made, "startedAt": made["at"]})
        if order["archived"]:
            # Somebody waits for it: an archive that has not worked for a while is no reason to.
            parts.archiver.wait_for(wal.lsn(position), backups.PATIENCE, failing=30)
            if parts.uploads:
                parts.uploads.keep()
        return made

    return {
        "alive": lambda *_: True,
        "points": lambda *_: parts.points.newest_first(),
        "status": lambda *_: report.report(config, parts),
        "work": work,
        "point": point,
        "state": lambda *_: deployed.newest(config),
    }


def restore_beside(target):
    started = time.time()

    def told(share):
        line = {"job": "restore", "percent": share, "seconds": round(time.time() - started, 1)}
        print(json.dumps(line), flush=True)

    print(json.dumps({"restored": restore.restore(settings.read(), target, told)}))
    return 0


def main(words):
    match words:
        case ["run"]:
            run()
            return 0
        case ["alive"]:
            control.ask({"order": "alive"})
            return 0
        case ["status"]:
            found = control.ask({"order": "status"})
            print(json.dumps(found))
            return 0
        case ["backup", ("full" | "diff" | "incr") as kind]:
            order = {"order": "work", "job": kind}
        case ["prove"]:
            order = {"order": "work", "job": "proof"}
        case ["point", name, *archived] if archived in ([], ["archived"]):
            print(json.dumps(control.ask({"order": "point", "name": name, "archived": bool(archived)})))
            return 0
        case ["points"]:
            print(json.dumps(control.ask({"order": "points"})))
            return 0
        case ["fetch", wanted]:
            print(json.dumps({"fetched": fetch.fetch(settings.read(), json.loads(wanted))}))
            return 0
        case ["forward", host, port]:
            relay.forward(host, int(port))
            return 0
        case ["keep-state"]:
            deployed.put(sys.stdin.read())
            return 0
        case ["state"]:
            print(control.ask({"order": "state"}))
            return 0
        case ["restore", target]:
            return restore_beside(json.loads(target))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    control.ask(order, lambda message: print(json.dumps(message), flush=True))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        print(str(failure), file=sys.stderr)
        sys.exit(1)
