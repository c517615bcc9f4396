"""What the stored pixels of a mask mean: numbers or colors to labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..metrics.pixels import IGNORED

_MANY = 100  # numbers or colors without a label, which no table has forgotten


@dataclass(frozen=True)
class MaskCoding:
    """How the pixels of a mask file become labels from 0 to `classes - 1`, or `IGNORED`.

    Attributes:
        values: Labels of stored numbers, for files whose numbers are not labels already. A number
            that is not listed is an error. Empty if the numbers are the labels.
        colors: Labels of stored colors `(red, green, blue)`, for files of RGB pixels. A color that
            is not listed is an error.

    Raises:
        ValueError: Both are given, or a label is negative or larger than `IGNORED`.

    Example:

    >>> coding = MaskCoding(values={0: 255, 1: 0, 2: 1})
    >>> coding.labels(np.array([[0, 1], [2, 1]])).tolist()
    [[255, 0], [1, 0]]
    """

    values: Mapping[int, int] = field(default_factory=dict)
    colors: Mapping[tuple[int, int, int], int] = field(default_factory=dict)

    def __post_init__(self):
        if self.values and self.colors:
            raise ValueError("`values` and `colors` exclude each other. Received: both")
        for label in (*self.values.values(), *self.colors.values()):
            if not 0 <= label <= IGNORED:
                raise ValueError(f"Labels must be 0 to {IGNORED}. Received: {label}")

    def labels(self, stored: np.ndarray) -> np.ndarray:
        """Returns the labels of stored pixels, uint8 `(H, W)`.

        Args:
            stored: Numbers `(H, W)`, or colors `(H, W, 3)` if `colors` is set.

        Raises:
            ValueError: A number or a color has no label.
        """
        stored = np.asarray(stored)
        if self.colors:
            if stored.ndim != 3:
                raise ValueError(
                    "its pixels are numbers (a gray image, or a PNG file with a palette), but the "
                    "table of labels has colors: list the numbers as `values` instead"
                )
            numbers = stored.astype("int64") @ (65536, 256, 1)
            table = {r * 65536 + g * 256 + b: label for (r, g, b), label in self.colors.items()}
            return _looked_up(numbers, table, lambda n: f"#{n:06x}")
        if stored.ndim != 2:
            raise ValueError(
                "its pixels are colors, not numbers: list the class of each color, as `colors` in "
                "the file manifest.json of the folder or in a `MaskCoding`"
            )
        if self.values:
            return _looked_up(stored, self.values, int)
        if stored.min(initial=0) < 0 or stored.max(initial=0) > IGNORED:
            raise ValueError(f"it holds the number {stored.max()}, which is no label")
        return stored.astype("uint8")


def without_zero(classes: int) -> MaskCoding:
    """The coding of masks whose labels begin at 1, where 0 means "other" and is ignored.

    MMSegmentation calls it `reduce_zero_label`; ADE20K is stored so.

    Args:
        classes: Number of classes, without "other".

    Returns:
        The coding: 0 and 255 are ignored, and each other number is one more than its label.

    Raises:
        ValueError: There are more than 255 classes.

    Example:

    >>> without_zero(2).labels(np.array([[0, 1, 2]])).tolist()
    [[255, 0, 1]]
    """
    return MaskCoding({0: IGNORED, IGNORED: IGNORED, **{n + 1: n for n in range(classes)}})


def _looked_up(numbers: np.ndarray, table: Mapping[int, int], shown) -> np.ndarray:
    found, places = np.unique(numbers, return_inverse=True)
    unknown = [shown(int(number)) for number in found if int(number) not in table]
    if unknown:
        many = " (a photograph, or a file with loss?)" if len(unknown) > _MANY else ""
        raise ValueError(
            f"{len(unknown)} of its numbers or colors have no label{many}: {unknown[:8]}. List "
            "them with their classes, or with null"
        )
    labels = np.array([table[int(number)] for number in found], "uint8")
    return labels[places].reshape(numbers.shape)
