"""Reads a checkpoint: finds the format by the first bytes, and the weights in the content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..utils.checks import PathLike
from .binary_file import BinaryFile
from .lazy_arrays import View, read_views
from .numpy_names import NumpyArray
from .pickle_files import read_pickle
from .safetensors_file import looks_like_safetensors, read_safetensors
from .torch_zip import read_torch_zip
from .zip_directory import SIGNATURE as ZIP_SIGNATURE

# The entries that hold the weights: of Caffe2, PySlowFast and PyTorchVideo, MMAction2, torchvision.
CONTAINERS = ("blobs", "model_state", "state_dict", "model")
SIGNATURE_BYTES = 16
# The first byte of a pickle: a protocol, or the first value of a pickle without one.
PICKLE_SIGNATURES = {b"\x80", b"}", b"L", b"c", b"("}


def read_checkpoint(path: PathLike) -> dict[str, np.ndarray]:
    """Reads the weights of a PyTorch, Caffe2 or safetensors file as arrays by name.

    It reads what `torch.save` writes (zip files, and the files from before PyTorch 1.6), Caffe2's
    pickles of Python 2, and safetensors. It needs none of these frameworks, and it runs no code of
    the file: a pickle that refers to anything but arrays is an error. The content of a file decides
    its format, and not its name.

    - The names are those in the file, without the levels `blobs`, `model_state`, `state_dict` and
      `model` around the weights.
    - Values that are not arrays, such as the counter `model_iter`, are ignored. An array without
      dimensions, such as `num_batches_tracked`, is an array.
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
    """Returns the arrays among the weights."""
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}, and not a dict of arrays")
    levels = [content[name] for name in CONTAINERS if isinstance(content.get(name), dict)]
    weights = levels[0] if levels else content
    # A NumPy array has no view before its state is set.
    values = {
        name: value.view if isinstance(value, NumpyArray) else value
        for name, value in weights.items()
        if isinstance(name, str)
    }
    views = {name: value for name, value in values.items() if isinstance(value, View)}
    if not views:
        raise ValueError(f"it holds no arrays; its first names are {str(list(weights)[:5])[:99]}")
    return views
