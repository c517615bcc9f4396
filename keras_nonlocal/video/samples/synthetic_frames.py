"""Draws clips of the synthetic task: two colored flashes, far apart in space and time."""

from __future__ import annotations

import numpy as np

COLORS = ((225, 50, 50), (60, 80, 235), (50, 200, 60), (225, 205, 40))  # red blue green yellow

_GRAY, _GRAY_LEVELS = 110, (80, 140)
_NOISE, _TEXTURE = 5, 6  # standard deviations


def draw_frames(
    shape: tuple[int, int, int], same: bool, colors: int, rng: np.random.Generator
) -> np.ndarray:
    """Draws one clip.

    The first flash is in the first quarter of the frames, in the outer third of the frame at one
    corner. The second flash is in the last quarter, at the opposite corner.

    Args:
        shape: `(T, H, W)`.
        same: Whether both flashes have the same color.
        colors: Number of colors to choose from.
        rng: The random number generator.

    Returns:
        uint8 `(T, H, W, 3)`.
    """
    video = _background(shape, rng)
    for _ in range(2):
        _draw_gray_disc(video, rng)
    first = rng.integers(colors)
    second = first if same else (first + rng.integers(1, colors)) % colors
    bottom, right = rng.integers(2, size=2)
    early, late = 0, len(video) - len(video) // 4
    _draw_flash(video, COLORS[first], early, (bottom, right), rng)
    _draw_flash(video, COLORS[second], late, (1 - bottom, 1 - right), rng)
    return np.clip(video, 0, 255).astype("uint8")


def _background(shape, rng) -> np.ndarray:
    """Draws static gray squares, with new noise in each frame."""
    _, height, width = shape
    squares = rng.normal(_GRAY, _TEXTURE, (4, 4)).astype("float32")
    texture = np.kron(squares, np.ones((-(-height // 4), -(-width // 4)), "float32"))
    noise = rng.standard_normal((*shape, 3), "float32") * _NOISE
    return noise + texture[:height, :width, None]


def _draw_gray_disc(video, rng) -> None:
    """Draws a disc that moves through the whole clip and has nothing to do with the class."""
    size = np.array(video.shape[1:3])
    place, step = rng.uniform(0, size), rng.uniform(-2, 2, 2)
    level = rng.choice(_GRAY_LEVELS)
    for time, frame in enumerate(video):
        frame[_disc(size, place + time * step)] = level


def _draw_flash(video, color, start, corner, rng) -> None:
    """Draws a disc for a part of the quarter of the clip that begins at `start`."""
    size = video.shape[1:3]
    quarter = len(video) // 4
    length = max(3 * len(video) // 16, 1)
    begin = start + rng.integers(quarter - length + 1)
    place = [_near_edge(size[axis], _radius(size), corner[axis], rng) for axis in (0, 1)]
    shade = np.add(color, rng.normal(0, 6, 3))
    video[begin : begin + length, _disc(size, place)] = shade


def _near_edge(side: int, radius: int, far: int, rng) -> int:
    """Draws the center of a disc along one axis, such that the disc is in the outer third."""
    distance = rng.integers(radius, side // 3 - radius)
    return side - 1 - distance if far else distance


def _disc(size, center) -> np.ndarray:
    rows, columns = np.ogrid[: size[0], : size[1]]
    return (rows - center[0]) ** 2 + (columns - center[1]) ** 2 <= _radius(size) ** 2


def _radius(size) -> int:
    return min(size) // 8
