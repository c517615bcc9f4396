"""Iterators of data sets do not outlive Python."""

from __future__ import annotations

import atexit
import gc
from functools import cache

import tensorflow as tf

from ..utils.compat import take_down


@cache
def release_iterators_at_exit() -> None:
    """Has all iterators that are left taken down before Python ends, while it answers calls.

    TensorFlow waits for calls of Python when it takes an iterator down. A thread that asks for
    Python once that is ending never returns: a script that looked at one batch would not end.
    """
    atexit.register(_release)


def _release() -> None:
    for thing in gc.get_objects():
        if issubclass(type(thing), tf.data.Iterator):
            take_down(thing)
