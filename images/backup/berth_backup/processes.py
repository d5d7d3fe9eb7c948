"""processes.py: other programs, and how they end."""

import os
import subprocess
import threading

from .notes import Failure

_running = set()
_lock = threading.Lock()


def stop_all():
    """Ends every program that is at work."""
    with _lock:
        for process in _running:
            process.terminate()


def start(command, **options):
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **options,
    )
    with _lock:
        _running.add(process)
    return process


def finish(process):
    """Forgets a program that has ended."""
    with _lock:
        _running.discard(process)


def run(command, environment=None, on_line=None, cwd=None, limit=None):
    """Runs a program to its end: its exit code, and all that it said.

    on_line gets each line as it comes. Raises Failure if it takes more than `limit` seconds, for which there is no
    bound if it is None.
    """
    process = start(command, env={**os.environ, **(environment or {})}, cwd=cwd)
    late = threading.Event()
    said = []

    def end():
        late.set()
        process.kill()

    timer = threading.Timer(limit or 0, end)
    if limit is not None:
        timer.start()
    try:
        for line in process.stdout:
            said.append(line)
            if on_line is not None:
                on_line(line.rstrip("\n"))
        process.wait()
    finally:
        timer.cancel()
        process.stdout.close()
        finish(process)
    if late.is_set():
        raise Failure(f"{command[0]} was not done after {limit} s: {last_words(''.join(said), 2)}")
    return process.returncode, "".join(said)


def check(command, **options):
    """Runs a program that must succeed, and returns what it said. Raises Failure with its last words."""
    code, said = run(command, **options)
    if code != 0:
        raise Failure(f"{command[0]} ended with {code}: {last_words(said)}")
    return said


def last_words(said, count=4):
    return " | ".join([line.strip() for line in said.splitlines() if line.strip()][-count:]) or "it said nothing"
