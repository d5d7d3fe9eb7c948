"""Watches one stack from inside, and tells people.

berth-watch run                    the program of the container
berth-watch status                 every rule and what it says, as one line of JSON
berth-watch test                   sends a test through each channel; what each answered, as one line of JSON
berth-watch tell EVENT RELEASE TEXT  a deployment's word: `released`, or `given-back` with the reason
"""

import json
import signal
import sys
import threading

from . import files, handed, settings, watch


def run():
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    program = watch.Watch(settings.read())
    files.say("info", "the stack is watched", rules=list(program.alerts.rules))
    while not stopping.is_set():
        stopping.wait(program.once())


def main(words):
    match words:
        case ["run"]:
            run()
        case ["status"]:
            found = files.read_json(watch.NOW, None)
            if found is None:
                print("The watcher has not looked yet.", file=sys.stderr)
                return 1
            print(json.dumps(found))
        case ["test"]:
            print(json.dumps(watch.test(settings.read())))
        case ["tell", ("released" | "given-back") as event, release, text]:
            handed.tell(event, release, text)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
