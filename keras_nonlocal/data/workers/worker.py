"""One worker process, seen from the process that started it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_PROGRAM = Path(__file__).with_name("program.py")


@dataclass(frozen=True)
class Failure:
    """Why a task has no result.

    Attributes:
        kind: `"error"`: the function raised; `"time"`: it took too long, and its process was ended;
            `"death"`: its process died.
        cause: In words.
        error: Name of the exception's class, such as `"ValueError"`, if the function raised one.
    """

    kind: Literal["error", "time", "death"]
    cause: str
    error: str | None = None


class Worker:
    """One process at a time, from the first task on."""

    def __init__(self, start: bytes, time_limit: float | None):
        self._start_message, self._time_limit = start, time_limit
        self._process: subprocess.Popen | None = None
        self._closed = False
        self._lock = threading.Lock()

    def call(self, task) -> Any:
        """The result of a task, or its `Failure`."""
        process, answer = self._ready(), None
        with _Limit(process, self._time_limit) as limit:
            try:
                answer = _exchange(process, pickle.dumps(pickle.dumps(task)))
            except (EOFError, OSError, pickle.UnpicklingError):
                _end(process)
        if limit.passed:
            _end(process)
            return Failure("time", f"it took longer than {self._time_limit:g} seconds")
        if answer is None:
            return Failure("death", f"the process at work on it ended, {_ending(process)}")
        fine, value = answer
        return value if fine else Failure("error", error=value[0], cause=value[1])

    def close(self) -> None:
        """End the process, whatever it does, and start no other one."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _end(self._process)

    def _ready(self) -> subprocess.Popen:
        """The process; a new one where there is none, or it died meanwhile."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The worker processes were ended.")
            if self._process is not None and self._process.poll() is None:
                return self._process
            self._process = process = _start()
        try:
            fine, cause = _exchange(process, self._start_message)
        except (EOFError, OSError) as error:
            _end(process)
            raise RuntimeError(
                f"A worker process ended while it started, {_ending(process)}. What it printed "
                f"stands above. To see it again: {sys.executable} -P {_PROGRAM}"
            ) from error
        if not fine:
            raise ValueError(f"Worker processes cannot import the function. {': '.join(cause)}")
        return process


class _Limit:
    """Ends a process that is still at work after so many seconds."""

    def __init__(self, process: subprocess.Popen, seconds: float | None):
        self.passed = False
        self._process = process
        self._timer = None if seconds is None else threading.Timer(seconds, self._pass)

    def __enter__(self) -> _Limit:
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(self, *error) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()  # from here on, `passed` stays as it is

    def _pass(self) -> None:
        self.passed = True
        self._process.kill()


def start_message(function) -> bytes:
    """What a process is told first: where to look for modules, and the function by its name."""
    try:
        by_name = pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            "`function` must be one that another process can import: of a module, not a lambda "
            f"and not made inside a function. Received: function={function!r} ({error})"
        ) from error
    return pickle.dumps(pickle.dumps(sys.path)) + pickle.dumps(by_name)


def _start() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-P", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the process that can end the others
    )


def _exchange(process: Any, message: bytes) -> tuple[bool, Any]:
    """Send a message and wait for the answer."""
    process.stdin.write(message)
    process.stdin.flush()
    return pickle.load(process.stdout)


def _ending(process: subprocess.Popen) -> str:
    status = process.wait()
    return f"signal {-status}" if status < 0 else f"status {status}"


def _end(process: subprocess.Popen) -> None:
    """Kill and forget; a process that ended by itself keeps its status."""
    process.kill()
    process.wait()
    for pipe in filter(None, (process.stdin, process.stdout)):
        try:
            pipe.close()
        except OSError:
            continue  # what was still to be written has no reader any more
