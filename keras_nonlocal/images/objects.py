"""Images with objects: boxes, classes, masks and keypoints, as files and as arrays."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..utils.checks import one_of
from .object_arrays import KINDS, Fields, numbered_objects, object_arrays
from .object_fields import has_segmentation
from .read_images import ImageError, read_image, read_numbers, upright_size


class ObjectImage(NamedTuple):
    """An image of an `ObjectSet`.

    Attributes:
        path: The file.
        height, width: Its size in pixels, upright; zero if the data set does not say so.
        id: What the data set calls it.
        split: The split that it belongs to.
        numbers: The file of a mask in which each object has a number of its own, from 1 on.

    Example:

    >>> ObjectImage("street.jpg", 480, 640).width
    640
    """

    path: str
    height: int = 0
    width: int = 0
    id: int | str = ""
    split: str = ""
    numbers: str = ""


@dataclass(frozen=True)
class ObjectSet:
    """Images with objects.

    Attributes:
        images: The images.
        objects: For each image, its objects with the fields of COCO's annotations: `category_id`,
            `bbox` (x, y, width, height in pixels), and possibly `segmentation`, `keypoints`,
            `iscrowd`, `area` and `id`.
        class_names: Names of the classes, in the order of the labels.
        category_ids: The ids by which the data set calls the classes, in the same order.
        keypoint_names: Names of the keypoints; empty if the objects have none.
        flip_pairs: Indices of the two keypoints that change places in a mirror.
        skeleton: Indices of the two keypoints at the ends of each line of a drawing.
        sigmas: How far annotators differ about each keypoint, as a share of the size of the
            object, for COCO's average precision; `None` if that is unknown.

    Raises:
        ValueError: There are no classes, or the fields contradict each other.

    Example:
        people = keras_nonlocal.images.read_object_set("coco", split="val", keypoints=True)
        print(len(people), people.kinds, people.read(0)["boxes"])
    """

    images: tuple[ObjectImage, ...]
    objects: Sequence[Sequence[Fields]]
    class_names: tuple[str, ...]
    category_ids: tuple[int, ...]
    keypoint_names: tuple[str, ...] = ()
    flip_pairs: tuple[tuple[int, int], ...] = ()
    skeleton: tuple[tuple[int, int], ...] = ()
    sigmas: tuple[float, ...] | None = None

    def __post_init__(self):
        if not self.class_names or len(self.class_names) != len(set(self.category_ids)):
            raise ValueError(
                "There must be at least one class, and an id for each. Received: "
                f"{len(self.class_names)} names, category_ids={self.category_ids!r}"
            )
        if len(self.objects) != len(self.images):
            raise ValueError(
                "There must be a list of objects for each image. Received: "
                f"{len(self.objects)} lists, {len(self.images)} images"
            )
        count = len(self.keypoint_names)
        for name in ("flip_pairs", "skeleton"):
            if any(not 0 <= place < count for pair in getattr(self, name) for place in pair):
                raise ValueError(
                    f"`{name}` must be pairs of indices of the {count} keypoints. "
                    f"Received: {name}={getattr(self, name)!r}"
                )
        if self.sigmas is not None and len(self.sigmas) != count:
            raise ValueError(
                f"`sigmas` must have a value for each of the {count} keypoints. "
                f"Received: sigmas={self.sigmas!r}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def split(self, name: str) -> ObjectSet:
        """Returns the part of one split.

        Raises:
            ValueError: There is no such split.
        """
        chosen = [place for place, image in enumerate(self.images) if image.split == name]
        if not chosen:
            splits = sorted({image.split for image in self.images if image.split})
            raise ValueError(f"The splits are {splits}. Received: split={name!r}")
        return self.part(chosen)

    def part(self, places: Sequence[int]) -> ObjectSet:
        """Returns the images at these places."""
        return replace(
            self,
            images=tuple(self.images[place] for place in places),
            objects=tuple(self.objects[place] for place in places),
        )

    def with_objects(self) -> ObjectSet:
        """Returns the images that have an object, besides crowds; most detectors learn from them.

        Raises:
            ImageError: A mask cannot be read.
        """
        return self.part(
            [
                index
                for index in range(len(self))
                if not all(fields.get("iscrowd") for fields in self.annotations(index))
            ]
        )

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What the objects have, of `"boxes"`, `"masks"` and `"keypoints"`."""
        has_masks = any(image.numbers for image in self.images) or any(
            has_segmentation(fields) for objects in self.objects for fields in objects
        )
        there = {"boxes": True, "masks": has_masks, "keypoints": bool(self.keypoint_names)}
        return tuple(kind for kind in KINDS if there[kind])

    def chosen(self, kinds: Collection[str] | None) -> tuple[str, ...]:
        """Returns the kinds that are asked for; by default all that there is.

        Raises:
            ValueError: A kind is unknown, or there are no keypoints.
        """
        if kinds is None:
            return self.kinds
        for kind in kinds:
            one_of("kinds", kind, KINDS)
        if "keypoints" in kinds and not self.keypoint_names:
            raise ValueError(
                "`kinds` must be without keypoints, as the objects have none; with COCO, read them "
                f"by `read_object_set(..., keypoints=True)`. Received: kinds={kinds!r}"
            )
        return tuple(kinds)

    @cached_property
    def labels(self) -> dict[int, int]:
        """The labels of the category ids."""
        return {number: label for label, number in enumerate(self.category_ids)}

    @property
    def digest(self) -> str:
        """A hash of the names of the files, their order, and the classes and boxes of objects."""
        found = hashlib.sha256(json.dumps([self.class_names, self.keypoint_names]).encode())
        for image, objects in zip(self.images, self.objects, strict=True):
            boxes = [(fields.get("category_id"), fields.get("bbox")) for fields in objects]
            found.update(f"{os.path.basename(image.path)}{boxes}".encode())
        return found.hexdigest()

    def size(self, index: int) -> tuple[int, int]:
        """Returns height and width of an image, from its file if the data set does not say so.

        Raises:
            FileNotFoundError: The file is missing.
            ImageError: It is not an image.
        """
        image = self.images[index]
        return (image.height, image.width) if image.height else upright_size(image.path)

    def annotations(self, index: int) -> Sequence[Fields]:
        """Returns the objects of an image with the fields of COCO's annotations.

        Raises:
            FileNotFoundError: Its mask is missing.
            ImageError: Its mask cannot be read.
        """
        image = self.images[index]
        if not image.numbers:
            return self.objects[index]
        return numbered_objects(read_numbers(image.numbers), self.category_ids[0])

    def read(self, index: int, kinds: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """Reads an image and its objects.

        A box that reaches over the border is cut there, and an object without area is left out.

        Args:
            index: The place of the image.
            kinds: What to read, of `"boxes"`, `"masks"` and `"keypoints"`; by default all that
                there is. Boxes are always read.

        Returns:
            `"images"`, uint8 `(H, W, 3)`; `"boxes"`, float32 `(N, 4)`, as the corners x0, y0, x1
            and y1 in pixels, where pixel `n` reaches from `n` to `n + 1`; `"labels"`, int32
            `(N,)`; `"crowd"`, bool `(N,)`: whether it stands for many objects; `"masks"`, uint8
            `(N, H, W)` of zeros and ones; and `"keypoints"`, float32 `(N, K, 3)` of x, y (0.5 is
            the middle of the first pixel) and visibility (0: not labeled, 1: hidden, 2: visible).

        Raises:
            FileNotFoundError: A file is missing.
            ImageError: A file cannot be read, or an object has values that cannot be right.
        """
        kinds = self.chosen(kinds)
        image = self.images[index]
        pixels = read_image(image.path)
        height, width = pixels.shape[:2]
        check_size(image, height, width)
        try:
            arrays = object_arrays(
                self.annotations(index),
                height,
                width,
                labels=self.labels,
                num_keypoints=len(self.keypoint_names),
                kinds=kinds,
            )
        except ValueError as error:
            raise ImageError(image.path, str(error)) from error
        return {"images": pixels, **arrays}


def check_size(image: ObjectImage, height: int, width: int) -> None:
    """Raises an `ImageError` unless an image has the size that the data set says it has."""
    if image.height and (image.height, image.width) != (height, width):
        raise ImageError(
            image.path,
            f"it has {width}x{height} pixels, but its annotations are for "
            f"{image.width}x{image.height}",
        )
