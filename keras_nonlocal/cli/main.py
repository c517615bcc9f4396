"""The `keras-nonlocal` command: it parses the arguments and runs one subcommand."""

from __future__ import annotations

import argparse
import sys

from .. import __version__
from ..utils.errors import TrainingStopped, cause_of
from . import data, evaluate, predict, segment, study, train, zoo
from .arguments import ERROR, INTERRUPTED, start_tensorflow

EXPECTED = (ValueError, OSError, ImportError, TrainingStopped)


def main(argv: list[str] | None = None) -> int:
    """Runs a command line, and prints an expected error as one line.

    Args:
        argv: The arguments; those of the process if `None`.

    Returns:
        The exit status.
    """
    arguments = _parser().parse_args(argv)
    try:
        if arguments.needs_tensorflow:
            start_tensorflow(verbose=arguments.verbose)
        return arguments.run(arguments)
    except EXPECTED as error:
        message = str(error)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        # An operation of TensorFlow failed, for example on a video within a dataset.
        if not any(kind.__module__.startswith("tensorflow.") for kind in type(error).__mro__):
            raise
        message = cause_of(error)
    print(f"keras-nonlocal: {message}", file=sys.stderr)
    return ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keras-nonlocal",
        description="Classify videos and segment images with non-local neural networks.",
        epilog="Type `keras-nonlocal COMMAND --help` to see the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(needs_tensorflow=True, verbose=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (data, evaluate, predict, segment, study, train, zoo):
        command.add_parser(commands)
    _add_verbose(parser)
    return parser


def _add_verbose(parser: argparse.ArgumentParser) -> None:
    """Accepts `--verbose` before and after the name of a command."""
    parser.add_argument(
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="show the messages that TensorFlow prints when it starts",
    )
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _add_verbose(command)


if __name__ == "__main__":
    sys.exit(main())
