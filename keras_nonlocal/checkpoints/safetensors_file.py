"""Safetensors files, by their own library."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes  # teaches NumPy the name bfloat16, which the library uses
import numpy as np

from .binary_file import BinaryFile

LONGEST_HEADER = 1 << 22  # bytes of the table of contents
TYPES = {
    "F64",
    "F32",
    "F16",
    "BF16",
    "BOOL",
    *(s + n for s in "IU" for n in ("8", "16", "32", "64")),
}


def looks_like_safetensors(head: bytes) -> bool:
    """Whether it starts with a length in 8 bytes, and the start of a JSON object."""
    return head[6:9] == b"\0\0{"


def read_safetensors(path: Path, source: BinaryFile) -> dict[str, np.ndarray]:
    """The arrays by name, bfloat16 as float32.

    Raises:
        ImportError: The library is not installed.
        ValueError: The library does not read the file.
    """
    safetensors = _library()
    header = int.from_bytes(source.read(source.span(0, 8)), "little")
    if header > LONGEST_HEADER:
        raise ValueError(f"its table of contents has {header:,} bytes, over {LONGEST_HEADER:,}")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = file.keys()
            return {name: _array(file, name) for name in names}
    except safetensors.SafetensorError as error:
        raise ValueError(str(error)) from error


def _library():
    try:
        import safetensors
    except ImportError as error:
        raise ImportError(
            'Safetensors files need the library: pip install "keras_nonlocal[safetensors]"'
        ) from error
    return safetensors


def _array(file, name: str) -> np.ndarray:
    kind = file.get_slice(name).get_dtype()
    if kind not in TYPES:
        raise ValueError(f"its array {name[:99]!r} has the type {kind}")
    array = file.get_tensor(name)
    return array.astype(np.float32) if array.dtype == ml_dtypes.bfloat16 else array
