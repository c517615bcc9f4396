"""Errors that rooms of different floors have in common."""

from __future__ import annotations

import re


class InputError(ValueError):
    """A file of a data set cannot be read; a modality has its own kind, such as `VideoError`."""


class TrainingStopped(RuntimeError):
    """A run ended before its time. Its last checkpoint is as it was."""


def cause_of(error: BaseException) -> str:
    """The line that says what happened; TensorFlow puts places before it and a trace behind.

    >>> cause_of(RuntimeError("[[node]] VideoError: Cannot read 'a.mp4'.\\nTraceback ..."))
    "Cannot read 'a.mp4'"
    """
    text = getattr(error, "message", None) or str(error)
    named = re.search(r"\w+Error: (.*)", text)
    return (named[1] if named else text.strip().splitlines()[0]).rstrip(". ")
