"""The sample video: a rendered person who does jumping jacks in front of a wall.

Real clips of people cannot be shipped with the package. This person moves so much like a real one
that a network that was trained on real people recognizes the action.
"""

from __future__ import annotations

import numpy as np

from ...utils.checks import PathLike, positive_int
from ..decoding.write import write_video

SIZE = (144, 180)
_JACKET, _TROUSERS, _SKIN = (52, 48, 58), (44, 56, 92), (196, 158, 138)
_GROUND, _LEG, _TORSO, _ARM = 117.0, 25.0, 18.0, 20.0  # row of the ground; lengths in pixels


def jumping_jacks(frames: int = 75, *, period: int = 27, seed: int = 0) -> np.ndarray:
    """Renders the sample video, which is made for 25 frames per second.

    Args:
        frames: Number of frames.
        period: Frames from one closed stance to the next.
        seed: The seed of the wall and the noise.

    Returns:
        uint8 `(frames, 144, 180, 3)`, RGB.

    Raises:
        ValueError: A number is not a positive integer.

    Example:

    >>> jumping_jacks(frames=2).shape
    (2, 144, 180, 3)
    """
    positive_int("frames", frames)
    rng = np.random.default_rng(seed)
    wall = _wall(rng)
    phases = 2 * np.pi * np.arange(frames) / positive_int("period", period)
    images = [_draw(wall, phase) + rng.normal(0, 2, wall.shape) for phase in phases]
    return np.clip(np.stack(images), 0, 255).astype("uint8")


def write_sample(path: PathLike) -> None:
    """Writes the sample video to an mp4 file."""
    write_video(path, jumping_jacks(), fps=25)


def _wall(rng) -> np.ndarray:
    """Draws stone blocks above a pavement."""
    height, width = SIZE
    blocks = rng.normal(0, 5, (24, 20))
    wall = np.kron(blocks, np.ones((6, 9)))[:height, :width, None] + np.array([170, 164, 158.0])
    wall[int(_GROUND) + 3 :] = [120, 116, 122]
    return wall


def _draw(wall, phase) -> np.ndarray:
    """Draws one frame: phase 0 is the closed stance, pi the open one."""
    openness = (1 - np.cos(phase)) / 2
    spread, raised = np.radians(4 + 24 * openness), np.radians(12 + 155 * openness)
    lift = 5 * abs(np.sin(phase))
    hip = np.array([_GROUND - lift - _LEG * np.cos(spread), 90.0])
    neck = hip - [_TORSO, 0]
    image = wall.copy()
    for side in (-1, 1):
        foot = hip + _LEG * np.array([np.cos(spread), side * np.sin(spread)])
        _limb(image, hip + [0, 2 * side], foot, 2.6, _TROUSERS)
        shoulder = neck + [2, 4 * side]
        hand = shoulder + _ARM * np.array([np.cos(raised), side * np.sin(raised)])
        _limb(image, shoulder, hand, 1.9, _JACKET)
        _limb(image, hand, hand, 1.8, _SKIN)
    _limb(image, neck, hip, 5.0, _JACKET)
    _limb(image, neck - [6.5, 0], neck - [5, 0], 3.6, _SKIN)
    return image


def _limb(image, start, end, radius, color) -> None:
    """Draws a thick line with round ends and soft edges."""
    top, left = np.maximum(np.minimum(start, end) - radius - 1, 0).astype(int)
    bottom, right = np.ceil(np.maximum(start, end) + radius + 1).astype(int)
    part = image[top:bottom, left:right]
    pixels = np.moveaxis(np.mgrid[: part.shape[0], : part.shape[1]], 0, -1) + (top, left)
    along, away = end - start, pixels - start
    share = np.clip(away @ along / max(along @ along, 1e-9), 0, 1)
    distance = np.linalg.norm(away - share[..., None] * along, axis=-1)
    cover = np.clip(radius - distance + 0.5, 0, 1)[..., None]
    part += cover * (np.array(color, float) - part)
