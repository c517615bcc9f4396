"""A weights file into a model: all of it, or an error that names the file."""

from __future__ import annotations

from pathlib import Path

import keras

from ..checkpoints.read import read_checkpoint
from ..utils.checks import PathLike
from .convert import convert
from .keras_h5 import load_own


def load_weights(model: keras.Model, path: PathLike, source: str | None = None) -> None:
    """Fill `model` from a `.weights.h5` file, or from a checkpoint of another code base.

    Args:
        model: The network that the file is of.
        path: The file.
        source: Whose names the weights have in it, a key of `SOURCES`; `None` for this package's.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no weights file, or does not fit the model.
    """
    path = Path(path)
    if source is not None:
        convert(read_checkpoint(path), model, source)
        return
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no weights file {path}. Expected the path of a .weights.h5 file."
        )
    if not path.name.endswith(".weights.h5"):
        raise ValueError(
            f"A weights file ends in .weights.h5. Received: {path}. "
            "For checkpoints of other code bases see `keras_nonlocal.zoo.convert`."
        )
    try:
        load_own(model, path)
    except (ValueError, KeyError, OSError, RuntimeError) as error:  # what h5py has for damage
        raise ValueError(f"{path} does not fit the model {model.name!r}: {error}") from error
