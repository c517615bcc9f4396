"""Images with masks: which files belong together, and what their labels mean."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ..data.error_log import ErrorLog
from ..metrics.pixels import IGNORED
from .mask_coding import MaskCoding
from .read_images import ImageError, read_image, read_mask, upright_size

MOST_LISTED = 5  # files in an error


class Pair(NamedTuple):
    """An image, its mask, and the split that they belong to."""

    image: str
    mask: str
    split: str = ""


@dataclass(frozen=True)
class MaskSet:
    """Images with masks.

    Attributes:
        pairs: The files.
        class_names: Names of the classes, in the order of the labels.
        coding: What the pixels of the masks mean.
        palette: A color for each class, RGB from 0 to 255, to draw labels; empty if there is none.

    Raises:
        ValueError: There are no classes, or more than 255.

    Example:
        streets = keras_nonlocal.images.read_mask_set("camvid", split="train")
        print(len(streets), streets.class_names)
    """

    pairs: tuple[Pair, ...]
    class_names: tuple[str, ...]
    coding: MaskCoding = field(default_factory=MaskCoding)
    palette: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self):
        if not 1 <= len(self.class_names) <= IGNORED:
            raise ValueError(
                f"There must be 1 to {IGNORED} classes. Received: {len(self.class_names)} names"
            )

    def __len__(self) -> int:
        return len(self.pairs)

    def split(self, name: str) -> MaskSet:
        """Returns the part of one split.

        Raises:
            ValueError: There is no such split.
        """
        chosen = tuple(pair for pair in self.pairs if pair.split == name)
        if not chosen:
            splits = sorted({pair.split for pair in self.pairs if pair.split})
            raise ValueError(f"The splits are {splits}. Received: split={name!r}")
        return replace(self, pairs=chosen)

    @property
    def digest(self) -> str:
        """A hash of the names of the files, their order, and the meaning of their labels."""
        codes = [sorted(self.coding.values.items()), sorted(self.coding.colors.items())]
        names = [[os.path.basename(p.image), os.path.basename(p.mask)] for p in self.pairs]
        return hashlib.sha256(json.dumps([names, self.class_names, codes]).encode()).hexdigest()

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads an image, uint8 `(H, W, 3)`, and its labels, uint8 `(H, W)`.

        Raises:
            FileNotFoundError: A file is missing.
            ImageError: A file cannot be read, their sizes differ, or a label is not of a class.
        """
        pair = self.pairs[index]
        image, labels = read_image(pair.image), read_mask(pair.mask, self.coding)
        _check(pair, labels, np.unique(labels), image.shape[:2], len(self.class_names))
        return image, labels


@dataclass(frozen=True)
class MaskReport:
    """What the masks of a set hold.

    Attributes:
        pixels: Number of pixels of each class.
        ignored: Number of pixels that are ignored.
        absent: Names of the classes that no mask holds.
    """

    pixels: dict[str, int]
    ignored: int
    absent: tuple[str, ...]


def check_masks(masks: MaskSet, error_log: ErrorLog | None = None) -> MaskReport:
    """Reads all masks and the sizes of all images, before training.

    Args:
        masks: The images with masks.
        error_log: Records each file that cannot be used.

    Returns:
        What the masks hold.

    Raises:
        ValueError: Files cannot be used; the error names the first ones and their number.

    Example:
        print(check_masks(read_mask_set("camvid")).absent)
    """
    log, counts, causes = error_log or ErrorLog(), Counter[int](), []

    def count(pair: Pair):
        try:
            labels = read_mask(pair.mask, masks.coding)
            found, counts = np.unique(labels, return_counts=True)
            _check(pair, labels, found, upright_size(pair.image), len(masks.class_names))
        except (OSError, ValueError) as error:
            return {}, (pair, error)
        return dict(zip(found.tolist(), counts.tolist(), strict=True)), None

    with ThreadPoolExecutor() as pool:
        for found, failure in pool.map(count, masks.pairs):
            counts.update(found)
            if failure:
                pair, error = failure
                log.record(pair.mask, getattr(error, "cause", str(error)), "raise")
                causes.append(str(error))
    if causes:
        listed = "\n  ".join(causes[:MOST_LISTED])
        more = f"\n  and {len(causes) - MOST_LISTED} more" if len(causes) > MOST_LISTED else ""
        raise ValueError(f"{len(causes)} of {len(masks)} masks cannot be used:\n  {listed}{more}")
    pixels = {name: counts[label] for label, name in enumerate(masks.class_names)}
    absent = tuple(name for name, number in pixels.items() if not number)
    return MaskReport(pixels, counts[IGNORED], absent)


def _check(pair: Pair, labels, found, size: tuple[int, int], classes: int) -> None:
    """Raises an `ImageError` unless a mask has the size of its image, and labels of classes."""
    if labels.shape != size:
        height, width = labels.shape
        raise ImageError(
            pair.mask,
            f"it has {width}x{height} pixels, but its image {pair.image!r} has {size[1]}x{size[0]}",
        )
    wrong = [int(label) for label in found if label >= classes and label != IGNORED]
    if wrong:
        raise ImageError(
            pair.mask,
            f"it holds the labels {wrong}, but the classes are 0 to {classes - 1}, and {IGNORED} "
            "is ignored",
        )
