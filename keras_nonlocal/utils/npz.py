"""Arrays of an npz file, all of them or an error; nothing in it is executed."""

from __future__ import annotations

import zipfile
import zlib

import numpy as np

from .checks import PathLike

# Of NumPy and zipfile for bytes that are no intact file. RuntimeError: unknown flags of an entry.
_DAMAGE = (
    ValueError,
    TypeError,
    EOFError,
    OSError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_arrays(path: PathLike) -> dict[str, np.ndarray]:
    """What `numpy.savez` wrote.

    Raises:
        OSError: There is no such file, or it cannot be opened.
        ValueError: It is another kind of file, or damaged.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as content:
                return dict(content)
        except _DAMAGE as error:
            raise ValueError("it is not an npz file of plain arrays, or damaged") from error
