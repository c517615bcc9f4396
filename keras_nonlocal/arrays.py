"""Arrays of an npz file, all of them or an error; nothing in it is executed."""

from __future__ import annotations

import os
import zipfile

import numpy as np


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """What `numpy.savez` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is another kind of file, or damaged.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as content:
            return dict(content)
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError("it is not an npz file of plain arrays, or damaged") from error
