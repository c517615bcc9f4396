"""What worker processes are told to do in tests; loaded by them, so it imports little."""

import os
import signal
import sys
import time
from pathlib import Path


def double(number):
    return 2 * number


def modules(_):
    return sorted(sys.modules)


def probed(path):
    from keras_nonlocal.video.decoding.probe import probe

    return probe(path), "tensorflow" in sys.modules or "keras" in sys.modules


def obey(order):
    """`("sleep", seconds)`, `("kill", signal)`, `("raise", text)`, `("say", text)`, others."""
    verb, value = order
    if verb == "sleep":
        time.sleep(value)
    elif verb == "kill":
        os.kill(os.getpid(), value)
    elif verb == "raise":
        raise KeyError(value)
    elif verb == "say":
        print(value)
        sys.stdout.flush()
        os.write(1, b"and by number\n")
    elif verb == "lambda":
        return lambda: value
    return value


def mark_and_sleep(task):
    """Says the number of its process in a folder, then is deaf to everything but a kill."""
    folder, seconds = task
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(folder, str(os.getpid())).touch()
    time.sleep(seconds)
