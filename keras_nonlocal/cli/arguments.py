"""What the commands share: argument types, options, exit statuses and a quiet TensorFlow."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ERROR = 2
SHOWN_NAMES = 10
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


def add_numbers(parser: argparse.ArgumentParser, *options: tuple) -> None:
    """Adds options that take a number, each given as name, type, default and help."""
    for name, kind, default, text in options:
        parser.add_argument(name, metavar="N", type=kind, default=default, help=text)


def check_image(path: Path) -> None:
    """Raises unless a PNG file can be written to the path of an image."""
    if path.suffix.lower() != ".png":
        raise ValueError(f"The name of the image must end in .png. Received: {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r} for {path}. Create it.")


def given(arguments: argparse.Namespace, *names: str) -> dict:
    """Returns the options that the user gave; the function called has defaults for the others."""
    return {name: value for name in names if (value := getattr(arguments, name, None)) is not None}


def listed(names: Sequence[str]) -> str:
    """Lists the first names, and says how many there are."""
    more = f", ... ({len(names)} in total)" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more


def start_tensorflow(*, verbose: bool) -> None:
    """Imports TensorFlow and looks for devices, without the lines that its libraries print.

    The libraries write to the file descriptor of standard error, before any log level is in force.
    So standard error goes to a temporary file meanwhile, which is shown only if something fails.
    """
    if verbose or sys.stderr is None:  # standard error is closed, so nobody reads it
        import tensorflow as tf

        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors are raised as exceptions, too
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        except BaseException:
            captured.seek(0)
            os.write(stderr, captured.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
