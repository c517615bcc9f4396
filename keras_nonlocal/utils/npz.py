"""Reads npz files completely or with an error, and never executes anything in them."""

from __future__ import annotations

from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np

from .checks import PathLike

# What NumPy and zipfile raise for damaged files, e.g. RuntimeError for unknown flags of an entry.
_DAMAGE: tuple[type[Exception], ...] = (ValueError, TypeError, EOFError, OSError, RuntimeError)
_DAMAGE += (MemoryError, BadZipFile, ZlibError)


def read_arrays(path: PathLike, *names: str) -> dict[str, np.ndarray]:
    """Reads arrays that `numpy.savez` wrote: all of them, or those of these names that exist.

    Raises:
        OSError: There is no such file, or it cannot be opened.
        ValueError: The file has another format, or it is damaged.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as content:
                return {name: content[name] for name in names or content if name in content}
        except _DAMAGE as error:
            raise ValueError("it is not an npz file of plain arrays, or damaged") from error
