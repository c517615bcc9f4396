"""COCO's coding of masks as lengths of runs, column by column, as lists and as short strings.

A run-length encoding is `{"size": [height, width], "counts": ...}`. The first run is of zeros, and
may be empty. `counts` is a list, or a string that holds six bits in each character.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

_FIRST, _BITS, _MORE, _SIGN = 48, 5, 32, 16  # the character of zero, and the bits of a character


def encode_mask(mask: np.ndarray) -> dict[str, Any]:
    """Encodes a mask `(H, W)`, where everything but zero belongs to the object.

    >>> encode_mask(np.array([[0, 1], [1, 1]]))
    {'size': [2, 2], 'counts': '13'}
    """
    height, width = mask.shape
    flat = np.zeros(height * width + 2, bool)
    flat[1:-1] = np.asarray(mask, bool).ravel("F")
    borders = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(borders, prepend=0, append=height * width)
    if flat[-2]:
        counts = counts[:-1]  # the last run is of ones, and what follows it is empty
    return {"size": [height, width], "counts": packed(counts.tolist())}


def decode_mask(coded: Mapping[str, Any]) -> np.ndarray:
    """Decodes a mask, uint8 `(H, W)` of zeros and ones.

    Raises:
        ValueError: It is no such encoding, or its runs do not fill the mask.

    >>> decode_mask({"size": [2, 2], "counts": "13"}).tolist()
    [[0, 1], [1, 1]]
    """
    runs = runs_of(coded)
    values = (np.arange(len(runs)) % 2).astype("uint8")
    return np.repeat(values, runs).reshape(size_of(coded), order="F")


def runs_of(coded: Mapping[str, Any]) -> list[int]:
    """Returns the checked lengths of the runs. Errors are as for `decode_mask`."""
    height, width = size_of(coded)
    counts = coded.get("counts")
    runs = unpacked(counts) if isinstance(counts, str | bytes) else _listed(counts)
    if sum(runs) != height * width or min(runs, default=0) < 0:
        raise ValueError(
            f"the runs of its mask fill {sum(runs)} of {height * width} pixels, or one is negative"
        )
    return runs


def size_of(coded: Mapping[str, Any]) -> tuple[int, int]:
    """Returns height and width of an encoded mask, without decoding it."""
    size = coded.get("size")
    if not isinstance(size, list | tuple) or len(size) != 2 or not all(map(_is_int, size)):
        raise ValueError(f"its mask has no `size` of height and width, but {size!r:.60}")
    return int(size[0]), int(size[1])


def packed(counts: Iterable[int]) -> str:
    """Writes run lengths as a string: from the fourth on, the difference to the last but one."""
    characters, earlier = [], [0, 0, 0]
    for place, count in enumerate(counts):
        value = count - earlier[place % 2] if place > 2 else count
        earlier[place % 2] = count
        while True:
            low, value = value & (_MORE - 1), value >> _BITS
            more = value != (-1 if low & _SIGN else 0)
            characters.append(chr(_FIRST + low + _MORE * more))
            if not more:
                break
    return "".join(characters)


def unpacked(text: str | bytes) -> list[int]:
    """Reads the run lengths of a string.

    Raises:
        ValueError: A character is none of those, or the string ends within a number.
    """
    counts: list[int] = []
    value = shift = 0
    for character in text if isinstance(text, bytes) else text.encode():
        part = character - _FIRST
        if not 0 <= part < 2 * _MORE:
            raise ValueError(f"the runs of its mask hold the character {chr(character)!r}")
        value |= (part & (_MORE - 1)) << shift
        shift += _BITS
        if not part & _MORE:
            value -= (1 << shift) if part & _SIGN else 0
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    if shift:
        raise ValueError("the runs of its mask end within a number")
    return counts


def _listed(counts: Any) -> list[int]:
    if not isinstance(counts, list | tuple) or not all(map(_is_int, counts)):
        raise ValueError(f"its mask has no `counts` of runs, but {counts!r:.60}")
    return list(counts)


def _is_int(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool) and int(value) >= 0
