"""Argument types, shared options and exit statuses of the commands."""

from __future__ import annotations

import argparse

ERROR = 2
INTERRUPTED = 130  # the status that shells use after Ctrl-C
MODEL_HELP = (
    "name of a pretrained model from `keras-nonlocal zoo list`, or folder of a training run"
)


def count(text: str) -> int:
    """Parses a positive integer."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a positive integer, received {text!r}")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """Parses `I/N`: the shard with index I, counted from 0, of N shards."""
    index, _, num_shards = text.partition("/")
    if not (index.isdigit() and num_shards.isdigit() and int(index) < int(num_shards)):
        raise argparse.ArgumentTypeError(
            f"expected I/N, such as 0/4, where I is less than N, received {text!r}"
        )
    return int(index), int(num_shards)


def add_source(parser: argparse.ArgumentParser, name: str = "source", **options) -> None:
    """Adds the arguments that select the videos to read."""
    parser.add_argument(
        name,
        metavar="SOURCE",
        help="a folder of videos, a folder with one subfolder for each class, or a list (a table "
        "with the columns path, label, ..., or a list of Kinetics, Charades, PySlowFast or "
        "MMAction2)",
        **options,
    )
    parser.add_argument(
        "--root", metavar="DIR", help="folder of the videos (default: the folder of the list)"
    )
    parser.add_argument(
        "--split", metavar="NAME", help="use only the videos of this split (default: all videos)"
    )


def add_on_error(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments for videos that cannot be read."""
    parser.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="raise",
        help="stop at a video that cannot be read, or skip it (default: raise)",
    )
    parser.add_argument(
        "--error-log",
        metavar="OUT.jsonl",
        help="error log to write: one line of JSON for each video that cannot be read",
    )


def given(arguments: argparse.Namespace, *names: str) -> dict:
    """Returns the options that the user gave; the function called has defaults for the others."""
    return {name: value for name in names if (value := getattr(arguments, name, None)) is not None}
