"""The `keras-nonlocal` command: one file a subcommand."""

from __future__ import annotations

import argparse
import sys

from .. import __version__
from ..utils.errors import TrainingStopped, cause_of
from . import data, evaluate, predict, study, train, zoo
from .arguments import INTERRUPTED, WRONG
from .quiet import start_tensorflow

EXPECTED = (ValueError, OSError, ImportError, TrainingStopped)


def main(argv: list[str] | None = None) -> int:
    """Parse, run, and turn an expected error into one line and an exit status."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.needs_tensorflow:
            start_tensorflow(verbose=arguments.verbose)
        return arguments.run(arguments)
    except EXPECTED as error:
        said = str(error)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if not _is_of_tensorflow(error):
            raise
        said = cause_of(error)
    print(f"keras-nonlocal: {said}", file=sys.stderr)
    return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keras-nonlocal", description="Non-local neural networks: predict, train, evaluate."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(needs_tensorflow=True, verbose=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (data, evaluate, predict, study, train, zoo):
        command.add_parser(commands)
    _add_verbose(parser)
    return parser


def _add_verbose(parser: argparse.ArgumentParser) -> None:
    """Takes `--verbose` before and behind the name of a command."""
    parser.add_argument(
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="also show what TensorFlow prints while it starts",
    )
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _add_verbose(command)


def _is_of_tensorflow(error: Exception) -> bool:
    """Whether an operation failed: of a video, from within a data set."""
    return any(kind.__module__.startswith("tensorflow.") for kind in type(error).__mro__)


if __name__ == "__main__":
    sys.exit(main())
