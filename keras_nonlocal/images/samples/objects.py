"""Rendered images with objects, exact masks and keypoints, on ground with texture and clutter.

Everything is drawn from a seed, so no image of anybody is needed. The images are far simpler than
photographs: a network that was trained on them does not know real objects.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ...utils.atomic_files import replacing
from ...utils.checks import PathLike, a_seed, positive_int, sizes
from ...utils.run_lengths import encode_mask
from .shapes import KEYPOINTS, SHAPES, SKELETON, Shape

CLASSES = tuple(SHAPES)
SMALLEST, LARGEST = 16, 96  # of the longer side of an object, in pixels
MOST_OBJECTS, MOST_HIDDEN = 6, 0.3  # in an image; share of an object that others may hide
_TRIES = 12  # to find a place for an object


def objects_image(
    seed: int, size: tuple[int, int] = (160, 160)
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Draws an image with one to six objects.

    Args:
        seed: The seed of everything that is random.
        size: Height and width in pixels, at least 96.

    Returns:
        RGB pixels, uint8 `(H, W, 3)`; and for each object a dictionary of `"label"`, the index into
        `CLASSES`; `"mask"`, bool `(H, W)`, of what is seen of it; `"box"`, float `(4,)` as the
        corners x0, y0, x1 and y1 around its mask, in pixels; and `"keypoints"`, float `(13, 3)` of
        x, y and visibility (2: visible, 1: hidden by another object), which are zeros for all
        classes but the figure.

    Raises:
        ValueError: The size is smaller than the largest object.

    Example:

    >>> image, objects = objects_image(0)
    >>> image.shape, 1 <= len(objects) <= 6
    ((160, 160, 3), True)
    """
    if min(sizes("size", size, 2)) < LARGEST:
        raise ValueError(f"Both sides of `size` must be at least {LARGEST}. Received: size={size}")
    random = np.random.default_rng(a_seed(seed))
    canvas = _Canvas(random, size)
    canvas.ground()
    for _ in range(random.integers(1, MOST_OBJECTS + 1)):
        canvas.add(int(random.integers(len(CLASSES))))
    return canvas.finished()


def write_objects(
    folder: PathLike,
    count: int,
    seed: int = 0,
    *,
    split: str = "train",
    size: tuple[int, int] = (160, 160),
) -> None:
    """Writes images with objects as COCO does, for `keras_nonlocal.images.read_object_set`.

    Args:
        folder: The folder; missing folders are created. Other splits that it has are kept.
        count: Number of images.
        seed: The seed of the first image; each further image has the next one.
        split: Name of the split.
        size: Height and width in pixels, at least 96.

    Raises:
        ValueError: `count` is no positive integer, or the size is too small.

    Example:
        write_objects("shapes", 800)
        write_objects("shapes", 200, seed=10_000, split="val")
    """
    root, images, rows = Path(folder), [], []
    (root / "annotations").mkdir(parents=True, exist_ok=True)
    (root / split).mkdir(exist_ok=True)
    for number in range(seed, seed + positive_int("count", count)):
        image, objects = objects_image(number, size)
        name = f"{number:06d}.png"
        Image.fromarray(image).save(root / split / name)
        images.append({"id": number, "file_name": name, "height": size[0], "width": size[1]})
        rows += [_row(each, number, 10 * number + place) for place, each in enumerate(objects, 1)]
    content = {"images": images, "annotations": rows, "categories": _categories()}
    with replacing(root / "annotations" / f"instances_{split}.json") as partial:
        partial.write_text(json.dumps(content), "utf-8")


def _row(found: dict[str, Any], image_id: int, number: int) -> dict[str, Any]:
    x0, y0, x1, y1 = found["box"].tolist()
    row = {
        "id": number,
        "image_id": image_id,
        "category_id": found["label"] + 1,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": int(found["mask"].sum()),
        "iscrowd": 0,
        "segmentation": encode_mask(found["mask"]),
    }
    if CLASSES[found["label"]] == "figure":
        points = found["keypoints"] - (0.5, 0.5, 0)  # COCO's points are indices of pixels
        row["keypoints"] = np.round(points, 2).ravel().tolist()
        row["num_keypoints"] = len(points)
    return row


def _categories() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"id": n, "name": name} for n, name in enumerate(CLASSES, 1)]
    lines = [[one + 1, other + 1] for one, other in SKELETON]  # COCO counts from one
    rows[CLASSES.index("figure")] |= {"keypoints": list(KEYPOINTS), "skeleton": lines}
    return rows


class _Canvas:
    """An image, and the number of the object that is seen at each pixel."""

    def __init__(self, random: np.random.Generator, size: tuple[int, int]):
        self.random, (self.height, self.width) = random, size
        self.base = random.uniform(40, 215, 3)
        self.image = Image.new("RGB", (self.width, self.height), _rgb(self.base))
        self.numbers = np.zeros(size, "uint8")
        self.objects: list[tuple[int, np.ndarray]] = []  # labels and points
        self.areas: list[int] = []

    def ground(self) -> None:
        """Uneven color, and bars, discs and polygons that are no objects."""
        cells = self.random.normal(0, 22, (6, 6, 3)) + self.base
        small = Image.fromarray(np.clip(cells, 0, 255).astype("uint8"))
        self.image = small.resize(self.image.size, Image.Resampling.BICUBIC)
        pen, limits = ImageDraw.Draw(self.image), (self.width, self.height)
        for _ in range(self.random.integers(4, 14)):
            color = _rgb(self.base + self.random.normal(0, 45, 3))
            middle = self.random.uniform(0, 1, 2) * limits
            corners = middle + self.random.normal(0, self.random.uniform(4, 16), (4, 2))
            kind = self.random.integers(3)
            if kind == 0:
                width = int(self.random.integers(1, 5))
                pen.line([*map(tuple, corners[:2].tolist())], fill=color, width=width)
            elif kind == 1:
                low, high = np.sort(corners[:2], axis=0).tolist()
                pen.ellipse((*low, *high), fill=color)
            else:
                pen.polygon([*map(tuple, corners.tolist())], fill=color)

    def add(self, label: int) -> None:
        """Draws an object where it hides little of others, or nothing if there is no place."""
        shape = SHAPES[CLASSES[label]](self.random)
        for _ in range(_TRIES):
            placed = self._placed(shape)
            mask = Image.new("L", self.image.size)
            pen = ImageDraw.Draw(mask)
            for polygon, _ in placed.parts:
                pen.polygon([*map(tuple, polygon.tolist())], fill=1)
            inside = np.asarray(mask) == 1
            numbers = np.where(inside, len(self.areas) + 1, self.numbers)
            seen = np.bincount(numbers.ravel(), minlength=len(self.areas) + 2)[1:]
            if (seen[:-1] >= (1 - MOST_HIDDEN) * np.array(self.areas)).all():
                self.numbers = numbers.astype("uint8")
                self.areas.append(int(inside.sum()))
                self.objects.append((label, placed.points))
                self._paint(placed)
                return

    def finished(self) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """Adds light, blur and noise of a camera; returns the pixels and the objects."""
        image = self.image.filter(ImageFilter.GaussianBlur(self.random.uniform(0.2, 0.8)))
        small = self.random.normal(1, 0.08, (5, 5)).astype("float32")
        light = Image.fromarray(small).resize(image.size, Image.Resampling.BICUBIC)
        noise = self.random.standard_normal((self.height, self.width, 3), dtype="float32")
        pixels = np.asarray(image, "float32") * np.asarray(light)[..., None]
        pixels += noise * self.random.uniform(2, 9)
        found = [self._object(number, *each) for number, each in enumerate(self.objects, 1)]
        return np.clip(pixels, 0, 255).astype("uint8"), found

    def _placed(self, shape: Shape) -> Shape:
        """Turns, stretches, mirrors and moves a shape to a random place within the image."""
        turn = self.random.normal(0, 0.12)
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        stretch = self.random.uniform(0.8, 1.2, 2)
        if not len(shape.points) and self.random.random() < 0.5:
            stretch[0] *= -1  # a figure would have its left side at the left
        corners = np.concatenate([polygon for polygon, _ in shape.parts]) * stretch @ rotation
        low, high = corners.min(axis=0), corners.max(axis=0)
        longest = SMALLEST * (LARGEST / SMALLEST) ** self.random.uniform(0, 1)
        scale = longest / (high - low).max()
        room = np.array([self.width, self.height]) - 1 - scale * (high - low)
        offset = self.random.uniform(0, 1, 2) * room - scale * low

        def moved(points: np.ndarray) -> np.ndarray:
            return (points * stretch @ rotation) * scale + offset

        parts = [(moved(polygon), color) for polygon, color in shape.parts]
        return Shape(parts, moved(shape.points))

    def _paint(self, placed: Shape) -> None:
        """Draws with colors of which at least the first differs from the ground."""
        main = self.base
        while np.abs(main - self.base).max() < 50:
            main = self.random.uniform(20, 235, 3)
        second = self.random.uniform(20, 235, 3)
        colors = (main, second, self.random.uniform(10, 60, 3), self.random.uniform(170, 245, 3))
        pen = ImageDraw.Draw(self.image)
        for polygon, color in placed.parts:
            fill = _rgb(colors[color] + self.random.normal(0, 8, 3))
            pen.polygon([*map(tuple, polygon.tolist())], fill=fill)

    def _object(self, number: int, label: int, points: np.ndarray) -> dict[str, Any]:
        mask = self.numbers == number
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], "float64")
        keypoints = np.zeros((len(KEYPOINTS), 3))
        if len(points):
            # A polygon of Pillow has the middles of pixels at whole numbers.
            x, y = np.clip(np.round(points).astype(int), 0, (self.width - 1, self.height - 1)).T
            keypoints = np.column_stack([points + 0.5, np.where(mask[y, x], 2, 1)])
        return {"label": label, "mask": mask, "box": box, "keypoints": keypoints}


def _rgb(color) -> tuple[int, ...]:
    return tuple(int(part) for part in np.clip(color, 0, 255))
