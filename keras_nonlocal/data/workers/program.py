"""The program of a worker process: it gets a function, then tasks, and answers each.

It is started as a file and loads only what the function needs, which for videos is neither
TensorFlow nor Keras. The caller's main script is not run again, as `multiprocessing` would do. What
this program unpickles comes from the process that started it, and from nobody else.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import sys
import threading


def main() -> None:
    """Answer tasks until the other side is gone."""
    messages, answers = _take_pipes()
    received: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(messages, received), daemon=True).start()
    sys.path[:], by_name, time_limit = received.get()
    function = pickle.loads(by_name)
    answer = pickle.dumps("ready")
    while True:
        answers.write(answer)
        answers.flush()
        answer = _answer(function, received.get(), time_limit)


def _take_pipes():
    """Standard input and output, which nothing else in this process can then read or print to."""
    messages, answers = (os.fdopen(os.dup(fd), mode) for fd, mode in ((0, "rb"), (1, "wb")))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return messages, answers


def _receive(messages, received: queue.SimpleQueue) -> None:
    """End this process with the one that started it, even in the middle of a task."""
    try:
        while True:
            received.put(pickle.load(messages))
    finally:
        os._exit(0)


def _answer(function, task: bytes, time_limit: float | None) -> bytes:
    """The result, or the exception's name and its cause. A late task ends the process."""
    try:
        if time_limit is not None:  # this works however busy the interpreter is
            faulthandler.dump_traceback_later(time_limit, exit=True, file=0)
        return pickle.dumps((True, function(pickle.loads(task))))
    except Exception as error:
        cause = str(getattr(error, "cause", error))
        return pickle.dumps((False, (type(error).__name__, cause)))
    finally:
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
