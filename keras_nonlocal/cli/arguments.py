"""What commands have in common: kinds of arguments, and exit statuses."""

from __future__ import annotations

import argparse

WRONG = 2
INTERRUPTED = 130  # as shells have it


def count(text: str) -> int:
    """A positive number."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, received {text!r}")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """`I/N`: which of so many equal parts, counted from 0."""
    index, _, parts = text.partition("/")
    if not (index.isdigit() and parts.isdigit() and int(index) < int(parts)):
        raise argparse.ArgumentTypeError(
            f"expected I/N with I from 0 to below N, such as 0/4, received {text!r}"
        )
    return int(index), int(parts)


def add_source(parser: argparse.ArgumentParser) -> None:
    """What says which videos to read, for every action on them."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder of videos, or with one folder a class, or a CSV or list file (Kinetics, "
        "Charades, PySlowFast, MMAction2, or columns path, label, ...)",
    )
    parser.add_argument("--root", metavar="DIR", help="where the videos lie, if not beside a list")
    parser.add_argument("--split", metavar="NAME", help="of this split only")


def given(arguments: argparse.Namespace, *names: str) -> dict:
    """The options that were given, by name: the others keep the defaults of the function."""
    return {name: value for name in names if (value := getattr(arguments, name, None)) is not None}
