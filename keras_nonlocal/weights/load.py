"""Loads a weights file into a model: all of it, or an error that names the file.

Keras loads its files by the order of the layers of each class, and silently ignores extra weights.
The weights of one non-local block would then go into another block, and the weights of a network
with blocks into a network without them. So this module reads the files by the names of the layers.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import h5py
import keras

from ..checkpoints.read import read_checkpoint
from ..utils.checks import PathLike
from ..utils.roles import head_of
from .assign import assign, named_weights
from .convert import convert
from .hdf5_file import check_heaps, datasets

# What h5py raises for damaged files.
_DAMAGE = (ValueError, KeyError, OSError, RuntimeError, TypeError, SystemError, MemoryError)


def load_weights(model: keras.Model, path: PathLike, source: str | None = None) -> None:
    """Loads a `.weights.h5` file of Keras, or a checkpoint of another code base.

    Args:
        model: The network of the file.
        path: The file.
        source: The code base that the names of the weights come from, a key of
            `keras_nonlocal.weights.SOURCES`. `None` means a file that Keras wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a weights file, or it does not fit the model. Then the model did not
            change.

    Example:
        >>> model = keras_nonlocal.models.i3d_small(classes=2)
        >>> model.save_weights("small.weights.h5")
        >>> keras_nonlocal.weights.load_weights(model, "small.weights.h5")
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
            f"The name of a weights file must end in .weights.h5. Received: path={path}. "
            "To convert a checkpoint of another code base, use "
            "`keras_nonlocal.zoo.convert_checkpoint`."
        )
    try:
        _load_keras_file(model, path)
    except _DAMAGE as error:
        raise ValueError(f"{path} does not fit the model {model.name!r}: {error}") from error


def _load_keras_file(model: keras.Model, path: Path) -> None:
    paths = _paths_by_location(model)
    check_heaps(path)
    with h5py.File(path) as file:
        heads = {None, *map(head_of, paths)}
        arrays = {
            paths.get(location, location): dataset
            for location, dataset in datasets(file)
            if head_of(location) in heads  # the model may lack a head that its weights have
        }
        assign(named_weights(model), arrays)


def _paths_by_location(model: keras.Model) -> dict[str, str]:
    """Returns the path of each weight by its location in a file: layer names and an index."""
    paths, counts = {}, Counter[str]()
    for path in named_weights(model):
        layer = path.rpartition("/")[0]
        paths[f"{layer}/{counts[layer]}"] = path
        counts[layer] += 1
    return paths
