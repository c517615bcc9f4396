"""`inspect_file`, and what happens to processes: by the names of the files. Loaded by workers."""

import os
import signal
import time

from keras_nonlocal.video import inspect_file as real


def inspect_file(path):
    name = os.path.basename(path)
    if name.startswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("crashed"):
        os.abort()
    if name.startswith("hanging"):
        with open(path) as file:  # a pipe that nobody writes to
            file.read()
    if name.startswith("slow"):
        time.sleep(0.3)
    return real.inspect_file(path)
