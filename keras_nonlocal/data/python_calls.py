"""Functions of Python in a `tf.data` pipeline, and an end of Python that does not wait for them."""

from __future__ import annotations

import atexit
import gc
from functools import cache

import tensorflow as tf


def numpy_function(function, inputs, types):
    """`tf.numpy_function`; iterators that are left when Python ends are released before it does.

    TensorFlow waits for all calls when it takes an iterator down. A thread that asks for Python
    once Python is ending never returns: a script that looked at one batch would not end.
    """
    _register()
    return tf.numpy_function(function, inputs, types)


@cache
def _register() -> None:
    atexit.register(release_iterators)


def release_iterators() -> None:
    """Takes down all iterators of data sets, while Python still answers their threads."""
    for thing in gc.get_objects():
        if issubclass(type(thing), tf.data.Iterator):
            thing._iterator_resource = None  # nothing public does it while others hold the iterator
