"""The `keras-nonlocal` command: it parses the arguments and runs one subcommand."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .. import __version__
from ..utils.errors import TrainingStopped, cause_of
from . import data, detect, evaluate, explain, export, predict, segment, serve, study, train, zoo
from .arguments import ERROR, INTERRUPTED, start_tensorflow

_COMMANDS = data, detect, evaluate, explain, export, predict, segment, serve, study, train, zoo
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
        with _terminated_like_interrupted():
            _prepare_output()
            if arguments.needs_tensorflow:
                start_tensorflow(verbose=arguments.verbose)
            status = arguments.run(arguments)
            sys.stdout.flush()
            return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python writes the rest when it exits
        message = "the output is not complete: the program that reads it has stopped."
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


def _prepare_output() -> None:
    """Refuses to work for nobody; characters that the output cannot show are escaped."""
    if sys.stdout is None:
        raise OSError("The standard output is closed. Redirect it to a file, or to /dev/null.")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Handles SIGTERM, which schedulers send, as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keras-nonlocal",
        description="Classify videos, segment images and detect objects with non-local neural "
        "networks.",
        epilog="Type `keras-nonlocal COMMAND --help` to see the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(needs_tensorflow=True, verbose=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
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
