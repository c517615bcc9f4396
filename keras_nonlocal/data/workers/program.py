"""The program of a worker process: it gets a function, then tasks, and answers each.

It is started as a file and loads what the function needs, which for videos is neither TensorFlow
nor Keras. What it unpickles comes from the process that started it, and from nobody else.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading


def main() -> None:
    """Answer tasks until the other side is gone."""
    messages, answers = _take_pipes()
    received: queue.Queue = queue.Queue()
    threading.Thread(target=_receive, args=(messages, received), daemon=True).start()
    sys.path[:] = pickle.loads(received.get())
    fine, function = _answer(lambda function: function, received.get())
    _send(answers, (fine, None if fine else function))
    while True:
        _send(answers, _answer(function, received.get()))


def _take_pipes():
    """Standard input and output, which nothing else in this process shall read or print to."""
    messages, answers = (os.fdopen(os.dup(fd), mode) for fd, mode in ((0, "rb"), (1, "wb")))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return messages, answers


def _receive(messages, received: queue.Queue) -> None:
    """End this process with the one that started it, however busy this one is."""
    try:
        while True:
            received.put(pickle.load(messages))
    except Exception:  # whatever half a message is, the other side is gone
        os._exit(0)


def _answer(function, task: bytes) -> tuple[bool, object]:
    try:
        return True, function(pickle.loads(task))
    except Exception as error:
        return False, (type(error).__name__, str(getattr(error, "cause", error)))


def _send(answers, answer: tuple[bool, object]) -> None:
    try:
        message = pickle.dumps(answer)
    except Exception as error:
        message = pickle.dumps((False, (type(error).__name__, f"the result: {error}")))
    answers.write(message)
    answers.flush()


if __name__ == "__main__":
    main()
