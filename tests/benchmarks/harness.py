"""Ours against a peer, in turns, in one run: clocks, a peer process, a table.

with Peer(python) as peer:
    calls = {
        "ours": stopwatch(lambda: model(x).numpy()),
        "eager": peer.stopwatch("i3d_infer", mode="eager", dtype="float32"),
    }
    seconds = alternate(calls, rounds=7)
print(table([Row("inference", seconds["ours"], seconds["eager"], bar=1.9)]))
"""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

WORKER = Path(__file__).with_name("peer_torch.py")
_STAT = Path("/proc/stat")  # Linux; elsewhere nobody waits
LEAST_SECONDS = 0.2
# Processor time is that of all threads of a process. It hardly grows when other programs run.
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "MB": 1e-6, "GB": 1e-9}


def stopwatch(call: Callable[[], object], clock: str = "wall") -> Callable[[], float]:
    """`call`, answering with its seconds on a clock of `CLOCKS`. It must wait for its own result.

    A short call is repeated for a while: after a pause the first one mostly wakes threads.
    """
    now = CLOCKS[clock]

    def timed() -> float:
        calls, start = 0, now()
        while calls == 0 or now() - start < LEAST_SECONDS:
            call()
            calls += 1
        return (now() - start) / calls

    return timed


def _idle_seconds() -> float:
    """What the cores of this machine have idled since it started; 0 if unknown."""
    if not _STAT.exists():
        return 0.0
    idle, waiting = _STAT.read_text().split(maxsplit=6)[4:6]
    return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(timeout: float, pause: float = 0.1, busy: float = 0.15) -> bool:
    """Sleeps until others use less than `busy` of the cores; False if they never did.

    Two busy threads on a core that wait for each other take ten times their time, and
    OpenMP (PyTorch) suffers from that more than TensorFlow: a median would be unfair.
    At least one pause, in which the threads of the library timed before fall asleep.
    """
    end = time.monotonic() + timeout
    while True:
        idle, start = _idle_seconds(), time.monotonic()
        time.sleep(pause)
        cores = (os.cpu_count() or 1) * (time.monotonic() - start)
        if not _STAT.exists() or _idle_seconds() - idle >= (1 - busy) * cores:
            return True
        if time.monotonic() >= end:
            return False


def alternate(
    calls: dict[str, Callable[[], float]],
    rounds: int = 7,
    *,
    warm_up: int = 2,
    timeout: float = 5.0,
) -> dict[str, list[float]]:
    """Seconds of each call, taken in turns (A B A B ...), so noise falls on all.

    A call gives its own seconds: `stopwatch(f)` or `Peer.stopwatch(case)`. Before each,
    up to `timeout` seconds are spent waiting for other programs to be quiet.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for taken in range(-warm_up, rounds):
        for name, call in calls.items():
            wait_for_quiet(timeout if taken >= 0 else 0)
            took = call()
            if taken >= 0:
                seconds[name].append(took)
    return seconds


class Peer:
    """A PyTorch process that times one call of a case of `peer_torch.py` at a time.

    `python` is any interpreter that has `requirements.txt`; its stderr goes to `log`. `peak` is
    the largest memory of the process until its last answer, in bytes.
    """

    def __init__(self, python: str = sys.executable, log: str | None = None):
        self.peak = 0
        with contextlib.ExitStack() as opened:
            self._process = subprocess.Popen(
                [python, str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=opened.enter_context(open(log, "a")) if log else None,
                text=True,
                bufsize=1,
            )

    def time(self, case: str, **arguments: object) -> float:
        """Seconds of one call; the first of a case builds it and warms it up.

        With `answer=PATH`, the arrays that the call returns go to the file `PATH` instead.
        """
        if self._process.poll() is None:
            print(json.dumps({"case": case, **arguments}), file=self._process.stdin)
            answer = json.loads(self._process.stdout.readline() or "{}")
        else:
            answer = {}
        if "seconds" not in answer:
            reason = answer.get("error", "the process has ended")
            raise RuntimeError(f"The peer could not run {case} {arguments}: {reason}")
        self.peak = answer["peak"]
        return answer["seconds"]

    def stopwatch(self, case: str, **arguments: object) -> Callable[[], float]:
        """`time` of this case, as `alternate` wants it."""
        return lambda: self.time(case, **arguments)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fastest(seconds: dict[str, list[float]], *names: str) -> str:
    """Which of these (all, when none is named) has the smallest median."""
    return min(names or seconds, key=lambda name: statistics.median(seconds[name]))


@dataclasses.dataclass(frozen=True)
class Row:
    """One line: ours, what it is held against (a peer, or a limit), and the bar.

    Smaller is better. The ratio is the median of `against` over the median of `ours`.
    """

    what: str
    ours: Sequence[float]
    against: Sequence[float]
    bar: float
    unit: str = "ms"  # how values, given in seconds or bytes, are printed

    @property
    def ratio(self) -> float:
        return statistics.median(self.against) / statistics.median(self.ours)

    @property
    def best_ratio(self) -> float:
        """The same from the smallest values: far from `ratio` on a busy machine."""
        return min(self.against) / min(self.ours)

    @property
    def reached(self) -> bool:
        return self.ratio >= self.bar


def spread(values: Sequence[float], unit: str) -> str:
    """`median (smallest-largest) unit`."""
    shown = statistics.median(values), min(values), max(values)
    return "{:.4g} ({:.4g}-{:.4g}) {}".format(*(v * UNITS[unit] for v in shown), unit)


def table(rows: Sequence[Row]) -> str:
    """Medians with their spread, ratios (of medians, of bests), bars, as Markdown."""
    lines = [("what", "ours", "against", "ratio", "best", "bar", "reached")]
    for row in rows:
        ours, against = spread(row.ours, row.unit), spread(row.against, row.unit)
        verdict = "yes" if row.reached else "NO"
        ratios = (f"{ratio:.2f}x" for ratio in (row.ratio, row.best_ratio, row.bar))
        lines.append((row.what, ours, against, *ratios, verdict))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
