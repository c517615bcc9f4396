"""The `keras-nonlocal` command: one file a subcommand."""

from __future__ import annotations

import argparse
import gc
import sys

import tensorflow as tf

from ..training import TrainingStopped
from ..training.outcome import cause_of
from . import data, evaluate, predict, study, train, zoo
from .status import INTERRUPTED, WRONG

EXPECTED = (ValueError, OSError, ImportError, TrainingStopped)


def main(argv: list[str] | None = None) -> int:
    """Parse, run, and turn an expected error into one line and an exit status."""
    if argv is None:  # a process of its own: looks for garbage leave out what was imported
        gc.freeze()
    parser = argparse.ArgumentParser(
        prog="keras-nonlocal", description="Non-local neural networks for video."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (data, evaluate, predict, study, train, zoo):
        command.add_parser(commands)
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except EXPECTED as error:
        said = str(error)
    except tf.errors.OpError as error:  # of a video, from within a data set
        said = cause_of(error)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    print(f"keras-nonlocal: {said}", file=sys.stderr)
    return WRONG


if __name__ == "__main__":
    sys.exit(main())
