"""The door: what kind of file it is, by its first bytes, and which of its values are weights."""

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
from .zip_directory import SIGN as ZIP_SIGN

# Where sources keep the weights: Caffe2, PySlowFast and PyTorchVideo, MMAction2, torchvision.
CONTAINERS = ("blobs", "model_state", "state_dict", "model")
HEAD = 16  # bytes that tell the format
PICKLE_SIGNS = {b"\x80", b"}", b"L", b"c", b"("}  # a protocol; without one, a first value


def read_checkpoint(path: PathLike) -> dict[str, np.ndarray]:
    """The weights of a PyTorch, Caffe2 or safetensors file, as arrays by name.

    Reads what `torch.save` writes (zip files, and those from before PyTorch 1.6), Caffe2's
    pickles of Python 2, and safetensors. None of these frameworks is needed, and nothing in the
    file is run: a pickle that names anything but arrays is refused. Formats are told by content.

    - Names are those of the file. The levels `blobs`, `model_state`, `state_dict` and `model`
      around them are taken off.
    - Values that are no arrays, such as the counter `model_iter`, are left out. An array of no
      dimensions, such as `num_batches_tracked`, is an array.
    - Types stay, but for bfloat16, which becomes float32: the same numbers.
    - Tensors that share memory in PyTorch share it here.

    Args:
        path: The file.

    Returns:
        Arrays by name, in the order of the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, of another kind, or names what weights do not need.
        ImportError: It is a safetensors file, and their library is not installed.

    Example:

    >>> import pickle
    >>> with open("three_weights.pkl", "wb") as file:
    ...     pickle.dump({"blobs": {"pred_b": np.ones(3, "float32"), "lr": 0.1}}, file, protocol=4)
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
        raise ValueError(f"{path} is no checkpoint that can be read: {error}.") from error


def _read(path: Path, source: BinaryFile) -> dict[str, np.ndarray]:
    if not source.whole.size:
        raise ValueError("it is empty")
    head = source.read(source.span(0, min(HEAD, source.whole.size)))
    if looks_like_safetensors(head):
        return read_safetensors(path, source)
    if head.startswith(ZIP_SIGN):
        return read_views(source, _views(read_torch_zip(source)))
    if head[:1] not in PICKLE_SIGNS:
        raise ValueError(f"it is none of PyTorch, Caffe2 or safetensors: it starts with {head!r}")
    return read_views(source, _views(read_pickle(source)))


def _views(content: Any) -> dict[str, View]:
    """The arrays among the weights."""
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}, and no dict of arrays")
    levels = [content[name] for name in CONTAINERS if isinstance(content.get(name), dict)]
    weights = levels[0] if levels else content
    arrays = {name: _view(value) for name, value in weights.items() if isinstance(name, str)}
    found = {name: array for name, array in arrays.items() if array is not None}
    if not found:
        raise ValueError(f"it holds no arrays; its first names are {str(list(weights)[:5])[:99]}")
    return found


def _view(value: Any) -> View | None:
    return (
        value.view if isinstance(value, NumpyArray) else value if isinstance(value, View) else None
    )
