"""`keras-nonlocal study`: recipes compared on the same videos, as in the paper's Table 2."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from ..utils.entries import study_names
from .arguments import count, start_tensorflow


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "study",
        help="compare networks",
        description="Train and evaluate every network of a study, and write a table, a plot and "
        "all numbers. The same command resumes a study that was stopped. Several machines that "
        "share the folder may run it at once.",
        epilog=f"Studies of the zoo: {', '.join(study_names())}.",
    )
    add = parser.add_argument
    add("study", metavar="STUDY", help="the name of a study of the zoo, or a JSON file")
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
        "--strategy", choices=("one", "mirrored"), default="one", help="devices of a training (one)"
    )
    add("--tell", action="store_true", help="train nothing, write the table of what there is")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train in processes of their own, then compare what they found."""
    from ..data.sources.read import read_source
    from ..studies.comparison import compare, write_comparison
    from ..studies.study import read_study
    from ..studies.study_run import check_videos

    study, recipe = read_study(arguments.study)
    videos = read_source(arguments.data)
    groups = list(study.groups(videos))
    check_videos(arguments.out, videos)  # before processes begin, or results are told
    failed = 0 if arguments.tell else _train(arguments)
    write_comparison(compare(study, recipe, groups, arguments.out), arguments.out)
    print(arguments.out / "results.md")
    return min(failed, 1)


def _train(arguments: argparse.Namespace) -> int:
    """How many processes failed; each takes what no other has, and none outlives this one."""
    from ..data.workers.pool import cores, map_in_processes
    from ..data.workers.worker import Failure

    total = arguments.num_processes
    threads = str(max(cores() // total, 1))
    answers = map_in_processes(
        range(total),
        partial(train_one_by_one, arguments=arguments),
        num_processes=total,
        environment={"TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads},
    )
    failed = 0
    with closing(answers) as done:
        for _, answer in done:
            if isinstance(answer, Failure):
                failed += 1
                print(f"keras-nonlocal: {answer.cause}", file=sys.stderr)
    return failed


def train_one_by_one(number: int, arguments: argparse.Namespace) -> None:
    """What one of the processes does."""
    start_tensorflow(verbose=arguments.verbose)
    from ..studies.study import read_study
    from ..studies.study_run import run_study

    study, recipe = read_study(arguments.study)
    run_study(study, recipe, arguments.data, arguments.out, strategy=arguments.strategy)
