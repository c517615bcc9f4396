"""Reads a checkpoint: finds the format by the first bytes, and the weights in the content."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..utils.checks import PathLike
from .binary_file import BinaryFile
from .lazy_arrays import Storage, View, read_views
from .numpy_names import NumpyArray
from .pickle_files import read_pickle
from .pickle_names import Unbuilt, contents
from .safetensors_file import looks_like_safetensors, read_safetensors
from .torch_zip import read_torch_zip
from .zip_directory import SIGNATURE as ZIP_SIGNATURE

# The entries that hold the weights: of Caffe2, PySlowFast and PyTorchVideo, MMAction2, torchvision,
# and PyTorch's tutorials.
CONTAINERS = ("blobs", "model_state", "state_dict", "model", "model_state_dict")
SIGNATURE_BYTES = 16
# The first byte of a pickle: a protocol, or the first value of a pickle without one.
PICKLE_SIGNATURES = {b"\x80", b"}", b"L", b"c", b"("}


def read_checkpoint(path: PathLike) -> dict[str, np.ndarray]:
    """Reads the weights of a PyTorch, Caffe2 or safetensors file as arrays by name.

    It reads what `torch.save` writes (zip files, and the files from before PyTorch 1.6), Caffe2's
    pickles of Python 2, pickled dicts of NumPy arrays, and safetensors. It needs none of these
    frameworks, and it runs no code of the file. The content of a file decides its format, and not
    its name.

    - The names are those in the file, without the level around the weights: the entry `blobs`,
      `model_state`, `state_dict`, `model` or `model_state_dict`, or the only entry with arrays.
    - Values that are not arrays, such as the counter `model_iter`, are ignored. An array without
      dimensions, such as `num_batches_tracked`, is an array.
    - Objects that a training run saved beside the weights, such as its options, are not built. An
      object among the weights that holds arrays is an error that names the entry.
    - Types do not change, except that bfloat16 becomes float32 with the same values.
    - Tensors that share memory in PyTorch share memory here, too.

    Args:
        path: The file.

    Returns:
        The arrays by name, in the order of the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, has another format, or refers to what weights do not need.
        ImportError: The file has the safetensors format, and that library is not installed.

    Example:
        >>> import pickle
        >>> blobs = {"pred_b": np.ones(3, "float32"), "lr": 0.1}
        >>> with open("three_weights.pkl", "wb") as file:
        ...     pickle.dump({"blobs": blobs}, file, protocol=4)
        >>> keras_nonlocal.checkpoints.read_checkpoint("three_weights.pkl")
        {'pred_b': array([1., 1., 1.], dtype=float32)}
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {path}.")
    try:
        with path.open("rb") as file:
            return _read(path, BinaryFile(file))
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as a checkpoint: {error}.") from error


def _read(path: Path, file: BinaryFile) -> dict[str, np.ndarray]:
    if not file.extent.size:
        raise ValueError("it is empty")
    start = file.read(file.span(0, min(SIGNATURE_BYTES, file.extent.size)))
    if looks_like_safetensors(start):
        return read_safetensors(path, file)
    if start.startswith(ZIP_SIGNATURE):
        return read_views(file, _views(read_torch_zip(file)))
    if start[:1] not in PICKLE_SIGNATURES:
        raise ValueError(
            f"expected a file of PyTorch, Caffe2 or safetensors, but it starts with {start!r}"
        )
    return read_views(file, _views(read_pickle(file)))


def _views(content: Any) -> dict[str, View]:
    """Returns the arrays among the weights. What is beside the weights is not looked at."""
    level = _level(content) if isinstance(content, dict) else None
    where = "" if level is None else f"{level[:99]!r}, "
    weights = content if level is None else content[level]
    if not isinstance(weights, dict):
        kind = f"it holds a {type(weights).__name__}, and not a dict of arrays"
        reason = weights.reason if isinstance(weights, Unbuilt) else kind
        raise ValueError(f"its entry {where}cannot be read: {reason}" if where else reason)
    views, seen = {}, set[int]()
    for name, value in weights.items():
        found = value.view if isinstance(value, NumpyArray) else value
        if isinstance(found, View) and isinstance(name, str):
            views[name] = found
        elif isinstance(found, Unbuilt) and (found is not value or _holds_arrays(found, seen)):
            raise ValueError(f"its entry {where}{str(name)[:99]!r} cannot be read: {found.reason}")
    return views or _refuse(weights, where)


def _level(content: dict) -> str | None:
    """Returns the name of the entry with the weights, or `None` if they have no level around."""
    dicts = {id(value): name for name, value in content.items() if isinstance(value, dict)}
    levels = [name for name in dicts.values() if any(map(_is_array, content[name].values()))]
    for name in CONTAINERS:
        value = content.get(name)
        if name in levels or (isinstance(value, Unbuilt) and _holds_arrays(value, set())):
            return name
    if any(map(_is_array, content.values())):
        return None
    if len(levels) < 2:
        return levels[0] if levels else None
    raise ValueError(
        f"it holds arrays in {len(levels)} entries: {str(levels[:5])[:99]}. Expected one, or the "
        f"name {', '.join(CONTAINERS)}. Save only the weights that you need"
    )


def _is_array(value: Any) -> bool:
    return isinstance(value, View | NumpyArray)


def _holds_arrays(value: Unbuilt, seen: set[int]) -> bool:
    """Returns whether an array is part of a value, so that it may be a weight."""
    return any(
        _is_array(part) or isinstance(part, Storage) or getattr(part, "makes_arrays", False)
        for part in contents(value, seen)
    )


def _refuse(weights: dict, where: str) -> NoReturn:
    """Raises the error of a dict without arrays, with what it holds in their place."""
    seen = set[int]()
    for name, value in weights.items():
        for part in (*contents(name, seen), *contents(value, seen)):
            if isinstance(part, Unbuilt):
                raise ValueError(f"its entry {where}{str(name)[:99]!r} is no array: {part.reason}")
    raise ValueError(f"it holds no arrays; its first names are {str(list(weights)[:5])[:99]}")
