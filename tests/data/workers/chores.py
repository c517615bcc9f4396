"""What worker processes are told to do in tests; loaded by them, so it imports little."""

import os
import re
import signal
import sys
import threading
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
    """What the first word says, with the second value; it is the answer of other words."""
    verb, value = order
    if verb == "sleep":
        time.sleep(value)
    elif verb == "kill":
        os.kill(os.getpid(), value)
    elif verb == "exit":
        os._exit(value)
    elif verb == "spin":
        re.match(r"(a*)*$", "a" * 40 + "b")  # takes for ever, and lets no other thread work
    elif verb == "die soon":
        threading.Timer(0.003 * value, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return "long" * 10**7
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
