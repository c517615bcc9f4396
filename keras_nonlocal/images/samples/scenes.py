"""Rendered street scenes with exact masks: sky, grass, road, buildings, trees, cars, people.

Everything is drawn from a seed, so no image of anybody is needed. The scenes are far simpler than
photographs: a network that was trained on them does not know real streets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ...utils.checks import PathLike, positive_int
from ...utils.entries import class_list

CLASSES = class_list("scenes")
SKY, GRASS, ROAD, BUILDING, TREE, CAR, PERSON = range(len(CLASSES))


def scene(seed: int, size: tuple[int, int] = (120, 160)) -> tuple[np.ndarray, np.ndarray]:
    """Draws a scene.

    Args:
        seed: The seed of everything that is random.
        size: Height and width in pixels.

    Returns:
        RGB pixels, uint8 `(H, W, 3)`, and labels, uint8 `(H, W)`: indices into `CLASSES`.

    Example:

    >>> image, labels = scene(0)
    >>> image.shape, labels.shape
    ((120, 160, 3), (120, 160))
    """
    canvas = _Canvas(np.random.default_rng(seed), size)
    canvas.ground()
    for _ in range(canvas.random.integers(1, 5)):
        canvas.building()
    for _ in range(canvas.random.integers(1, 5)):
        canvas.tree()
    for near in sorted(canvas.random.uniform(0.1, 1, canvas.random.integers(1, 7))):  # far first
        (canvas.car if canvas.random.random() < 0.5 else canvas.person)(near)
    return canvas.finished()


def write_scenes(folder: PathLike, counts: dict[str, int], size=(120, 160), seed: int = 0) -> None:
    """Writes scenes as a folder that `keras_nonlocal.images.read_mask_set` reads.

    Args:
        folder: The folder; missing folders are created.
        counts: How many scenes each split gets, such as `{"train": 200, "val": 50}`.
        size: Height and width in pixels.
        seed: The seed of the first scene; each further scene has the next one.

    Raises:
        ValueError: A count is no positive integer.

    Example:
        write_scenes("scenes", {"train": 200, "val": 50})
    """
    root, number = Path(folder), seed
    for split, count in counts.items():
        positive_int("counts", count)
        for kind in ("images", "masks"):
            (root / kind / split).mkdir(parents=True, exist_ok=True)
        for _ in range(count):
            image, labels = scene(number, size)
            Image.fromarray(image).save(root / "images" / split / f"{number:05d}.png")
            Image.fromarray(labels).save(root / "masks" / split / f"{number:05d}.png")
            number += 1
    (root / "classes.txt").write_text("\n".join(CLASSES) + "\n", "utf-8")


class _Canvas:
    """An image and its mask, on which every shape is drawn at once."""

    def __init__(self, random: np.random.Generator, size: tuple[int, int]):
        self.random, (self.height, self.width) = random, size
        self.horizon = int(self.height * random.uniform(0.35, 0.55))
        sky = self._near((150, 190, 230), 40)
        self.image = Image.new("RGB", (self.width, self.height), sky)
        self.mask = Image.new("L", (self.width, self.height), SKY)
        self._pens = ImageDraw.Draw(self.image), ImageDraw.Draw(self.mask)

    def ground(self) -> None:
        """Grass up to the horizon, and a road that runs to a point on it."""
        bottom, middle = self.height, self.random.uniform(0.2, 0.8) * self.width
        left, right = np.sort(self.random.uniform(-0.3, 1.3, 2)) * self.width
        self._draw("rectangle", (0, self.horizon, self.width, bottom), (95, 140, 70), GRASS)
        far = [(middle - 2, self.horizon), (middle + 2, self.horizon)]
        road = [*far, (right + 40, bottom), (left - 40, bottom)]
        self._draw("polygon", road, (105, 105, 110), ROAD)

    def building(self) -> None:
        """A block with rows of windows that stands at the horizon."""
        width, height = self.random.uniform(0.12, 0.35, 2) * (self.width, 1.6 * self.height)
        left = self.random.uniform(-0.1, 1) * self.width
        top, bottom = self.horizon - height, self.horizon + self.random.uniform(0, 6)
        wall = self._near((170, 140, 120), 50)
        self._draw("rectangle", (left, top, left + width, bottom), wall, BUILDING)
        step = self.random.uniform(6, 10)
        pane = self._near((70, 80, 100), 25)
        for y in np.arange(top + 3, bottom - 5, step):
            for x in np.arange(left + 3, left + width - 4, step):
                self._draw("rectangle", (x, y, x + step / 2, y + step / 2), pane, BUILDING, 0)

    def tree(self) -> None:
        """A trunk with a crown of several discs."""
        x, size = self.random.uniform(0, self.width), self.random.uniform(0.08, 0.2) * self.height
        foot = self.horizon + self.random.uniform(0, 0.15) * self.height
        trunk = (x - size / 10, foot - 1.6 * size, x + size / 10, foot)
        self._draw("rectangle", trunk, (95, 70, 50), TREE)
        green = self._near((60, 105, 50), 25)
        for _ in range(7):
            dx, dy = self.random.normal(0, size / 2.2, 2)
            self._disc(x + dx, foot - 2 * size + dy, size * self.random.uniform(0.4, 0.7), green)

    def car(self, near: float) -> None:
        """A body, a cabin with windows, and two wheels; `near` is 0 at the horizon."""
        x, foot, size = self._place(near, 0.35)
        paint = self._near((150, 60, 60), 90)
        body = (x - size, foot - 0.6 * size, x + size, foot - 0.15 * size)
        self._draw("rectangle", body, paint, CAR)
        cabin = [(x - 0.6 * size, foot - 0.6 * size), (x - 0.35 * size, foot - size)]
        cabin += [(x + 0.35 * size, foot - size), (x + 0.6 * size, foot - 0.6 * size)]
        self._draw("polygon", cabin, paint, CAR, 0)
        pane = (x - 0.3 * size, foot - 0.92 * size, x + 0.3 * size, foot - 0.65 * size)
        self._draw("rectangle", pane, (50, 60, 75), CAR)
        for side in (-0.55, 0.55):
            self._disc(x + side * size, foot - 0.16 * size, 0.2 * size, (25, 25, 25), CAR)

    def person(self, near: float) -> None:
        """A head, a trunk, arms and legs."""
        x, foot, size = self._place(near, 0.4)
        shirt, trousers = (self._near((120, 100, 120), 90) for _ in range(2))
        for side in (-1, 1):
            end = (x + side * self.random.uniform(0.02, 0.16) * size, foot)
            self._line([(x, foot - 0.5 * size), end], 0.11 * size, trousers)
            hand = (x + side * self.random.uniform(0.1, 0.3) * size, foot - 0.45 * size)
            self._line([(x, foot - 0.8 * size), hand], 0.08 * size, shirt)
        self._line([(x, foot - 0.84 * size), (x, foot - 0.45 * size)], 0.2 * size, shirt)
        skin = self._near((190, 145, 115), 40)
        self._disc(x, foot - 0.93 * size, 0.09 * size, skin, PERSON)

    def finished(self) -> tuple[np.ndarray, np.ndarray]:
        """Adds uneven light, grain, and the noise and blur of a camera."""
        small = self.random.normal(0, 1, (2, 6, 8)).astype("float32")
        cells = [
            Image.fromarray(each).resize(self.image.size, Image.Resampling.BICUBIC)
            for each in small
        ]
        light = 1 + 0.12 * np.asarray(cells[0])[..., None]
        grain = self.random.normal(0, 9, (self.height, self.width, 1))
        pixels = np.asarray(self.image, "float32") * light * self.random.uniform(0.6, 1.15)
        pixels = pixels + grain + 8 * np.asarray(cells[1])[..., None]
        image = Image.fromarray(np.clip(pixels, 0, 255).astype("uint8"))
        image = image.filter(ImageFilter.GaussianBlur(self.random.uniform(0.2, 0.9)))
        noise = self.random.normal(0, self.random.uniform(1, 6), (self.height, self.width, 3))
        pixels = np.clip(np.asarray(image) + noise, 0, 255).astype("uint8")
        return pixels, np.asarray(self.mask).copy()

    def _place(self, near: float, largest: float) -> tuple[float, float, float]:
        """Where something stands and how large it is there."""
        foot = self.horizon + 3 + near * (self.height - self.horizon - 3)
        return self.random.uniform(0, self.width), foot, (0.06 + largest * near) * self.height

    def _near(self, color, spread: int) -> tuple[int, ...]:
        moved = np.array(color) + self.random.integers(-spread, spread + 1, 3)
        return tuple(int(part) for part in np.clip(moved, 0, 255))

    def _draw(self, shape: str, where, color, label: int, spread: int = 15) -> None:
        for pen, fill in zip(self._pens, (self._near(color, spread), label), strict=True):
            getattr(pen, shape)(where, fill=fill)

    def _disc(self, x, y, radius, color, label: int = TREE) -> None:
        self._draw("ellipse", (x - radius, y - radius, x + radius, y + radius), color, label, 8)

    def _line(self, points, width: float, color) -> None:
        for pen, fill in zip(self._pens, (color, PERSON), strict=True):
            pen.line(points, fill=fill, width=max(round(width), 1))
