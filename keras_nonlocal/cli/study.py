"""`keras-nonlocal study`: recipes compared on the same videos, as in the paper's Table 2."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from ..pretrained.entries import study_names
from .arguments import count, shard


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "study",
        help="compare networks",
        description="Train and test every network of a study, and write a table, a plot and all "
        "numbers. The same command goes on with a study that was stopped.",
        epilog=f"Studies that come along: {', '.join(study_names())}.",
    )
    add = parser.add_argument
    add("study", metavar="STUDY", help="the name of a study that comes along, or a JSON file")
    add("--data", metavar="SOURCE", required=True, help="videos and their classes")
    add("-o", "--out", metavar="FOLDER", type=Path, required=True, help="where results are kept")
    add(
        "--num-processes",
        metavar="N",
        type=count,
        default=1,
        help="trainings at once, which share the cores (1)",
    )
    add(
        "--shard",
        metavar="I/N",
        type=shard,
        help="only this one of N equal parts, such as 0/4, in this process, and no table",
    )
    add(
        "--strategy", choices=("one", "mirrored"), default="one", help="devices of a training (one)"
    )
    add("--tell", action="store_true", help="train nothing, write the table of what there is")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, in several processes if wanted, then compare what they found."""
    from ..data.sources.read import read_source
    from ..studies.comparison import compare
    from ..studies.comparison_files import write_comparison
    from ..studies.study import groups_of, read_study, study_path
    from ..studies.study_run import check_videos, run_study
    from ..utils.errors import TrainingStopped

    study, recipe = read_study(study_path(arguments.study))
    videos = read_source(arguments.data)
    groups = groups_of(study, videos)
    check_videos(arguments.out, videos)  # before processes begin, or results are told
    whole = arguments.shard is None
    status = 0
    if whole and arguments.num_processes > 1 and not arguments.tell:
        status = max(_processes(arguments))
    elif not arguments.tell:
        options = {"shard": arguments.shard or (0, 1), "strategy": arguments.strategy}
        try:
            run_study(study, recipe, videos, arguments.out, **options)
        except TrainingStopped as error:
            print(f"keras-nonlocal: {error}", file=sys.stderr)
            status = 1
    if whole:
        write_comparison(compare(study, recipe, groups, arguments.out), study, arguments.out)
        print(arguments.out / "results.md")
    return status


def _processes(arguments) -> list[int]:
    """The exit statuses of processes, each of which takes what no other has; none outlives this."""
    from ..data.workers.pool import cores

    count = arguments.num_processes
    threads = str(max(cores() // count, 1))
    environment = {
        **os.environ,
        "TF_NUM_INTRAOP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
    }
    command = [sys.executable, "-m", "keras_nonlocal", "study", arguments.study]
    command += ["--data", arguments.data, "-o", str(arguments.out)]
    command += ["--strategy", arguments.strategy, "--shard", "0/1"]
    children: list[subprocess.Popen] = []
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with _held_back(signal.SIGINT, signal.SIGTERM):  # or a child is not among `children` yet
            children.extend(subprocess.Popen(command, env=environment) for _ in range(count))
        return [abs(child.wait()) for child in children]
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _held_back(*numbers: int) -> Iterator[None]:
    """Signals that come meanwhile arrive at the end."""
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda sent, _: came.append(sent)) for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def _end(number: int, _) -> NoReturn:
    """Ends by a signal as by an exception, so that what has to be cleaned up is."""
    sys.exit(128 + number)
