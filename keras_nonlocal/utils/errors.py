"""Error classes that several packages use."""

from __future__ import annotations

import re


class InputError(ValueError):
    """A file of a data set cannot be read. `VideoError` is a subclass for videos."""


class NotFiniteError(ValueError, FloatingPointError):
    """Weights, pixels or outputs are NaN, infinite, or too large for their dtype."""


class TrainingStopped(RuntimeError):
    """A training run stopped early. Its last checkpoint was not changed, so it can be resumed.

    Example:
        try:
            keras_nonlocal.tasks.train(recipe, "actions", folder="run")
        except keras_nonlocal.training.TrainingStopped as error:
            print(error)
    """


def cause_of(error: BaseException) -> str:
    """Returns the line of an error that describes the cause.

    TensorFlow adds positions in the graph before it, and a traceback after it.

    >>> cause_of(RuntimeError("[[node]] VideoError: Cannot read 'a.mp4'.\\nTraceback ..."))
    "Cannot read 'a.mp4'"
    """
    text = getattr(error, "message", None) or str(error)
    named = re.search(r"\w+Error: (.*)", text)
    return (named[1] if named else text.strip().splitlines()[0]).rstrip(". ")
