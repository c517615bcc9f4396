"""Reads safetensors files with the library of that format."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes  # defines the name bfloat16 in NumPy, which the library uses
import numpy as np

from .binary_file import BinaryFile

MAX_HEADER_BYTES = 1 << 22
TYPES = {
    "BOOL",
    "BF16",
    "F16",
    "F32",
    "F64",
    *(s + n for s in "IU" for n in ("8", "16", "32", "64")),
}


def looks_like_safetensors(start: bytes) -> bool:
    """Returns whether a file starts with a length in 8 bytes and a JSON object."""
    return start[6:9] == b"\0\0{"


def read_safetensors(path: Path, file: BinaryFile) -> dict[str, np.ndarray]:
    """Reads the arrays by name, with bfloat16 as float32.

    Raises:
        ImportError: The library is not installed.
        ValueError: The library does not read the file.
    """
    try:
        import safetensors
    except ImportError as error:
        raise ImportError(
            'Safetensors files need the library: pip install "keras_nonlocal[safetensors]"'
        ) from error
    header = int.from_bytes(file.read(file.span(0, 8)), "little")
    if header > MAX_HEADER_BYTES:
        raise ValueError(f"its header has {header:,} bytes, more than {MAX_HEADER_BYTES:,}")
    try:
        with safetensors.safe_open(path, framework="numpy") as opened:
            names = opened.keys()
            return {name: _array(opened, name) for name in names}
    except safetensors.SafetensorError as error:
        raise ValueError(str(error)) from error


def _array(opened, name: str) -> np.ndarray:
    element_type = opened.get_slice(name).get_dtype()
    if element_type not in TYPES:
        raise ValueError(f"its array {name[:99]!r} has the type {element_type}")
    array = opened.get_tensor(name)
    return array.astype(np.float32) if array.dtype == ml_dtypes.bfloat16 else array
