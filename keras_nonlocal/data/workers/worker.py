"""One worker process, seen from the process that started it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_COMMAND = [sys.executable, "-P", str(Path(__file__).with_name("program.py"))]
_BROKEN = (EOFError, OSError, pickle.UnpicklingError)  # what a process that died leaves


@dataclass(frozen=True)
class Failure:
    """Why a task has no result.

    Attributes:
        kind: `"error"`: the function raised an exception; `"time"`: the task took too long, and its
            process ended; `"death"`: its process died.
        cause: The cause in words.
        error: The name of the exception's class, such as `"ValueError"`, if there was one.
    """

    kind: Literal["error", "time", "death"]
    cause: str
    error: str | None = None


class Worker:
    """One process at a time, which starts with the first task."""

    def __init__(
        self,
        function: Callable[[Any], Any],
        time_limit: float | None,
        environment: Mapping[str, str],
    ):
        self._first_message = sys.path, pickle.dumps(function), time_limit
        self._time_limit, self._environment = time_limit, environment
        self._process: Any = None
        self._closed = False
        self._lock = threading.Lock()

    def call(self, task: Any) -> Any:
        """The result of a task, or its `Failure`."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        began = time.monotonic()
        try:
            succeeded, value = self._exchange(pickle.dumps(task))
        except _BROKEN:
            status = _end(self._process, seconds=1.0)
            if self._time_limit is not None and time.monotonic() - began >= self._time_limit:
                return Failure("time", f"it took longer than {self._time_limit:g} seconds")
            return Failure("death", f"the process at work on it ended, {status}")
        return value if succeeded else Failure("error", error=value[0], cause=value[1])

    def close(self) -> None:
        """End the process, whatever it does, and start no other one."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _end(self._process)

    def _start(self) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("The worker processes were ended.")
            self._process = subprocess.Popen(
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **self._environment},
                start_new_session=True,  # Ctrl-C is for the process that ends the others
            )
        try:
            self._exchange(self._first_message)
        except _BROKEN as error:
            status = _end(self._process, seconds=1.0)
            raise RuntimeError(
                f"A worker process ended while it started, {status}. What it printed stands above. "
                f"To see that again, run: {' '.join(_COMMAND)}"
            ) from error

    def _exchange(self, message: object) -> Any:
        """Send a message and wait for the answer."""
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)


def _end(process: subprocess.Popen, seconds: float = 0.0) -> str:
    """Kill a process that does not end by itself within some seconds, and say how it ended."""
    with suppress(OSError), process:  # what was still to be written has no reader
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    status = process.wait()
    return f"signal {-status}" if status < 0 else f"status {status}"
