"""A rendered person who does jumping jacks in front of a wall: the sample video.

Real clips of people cannot be shipped with the package. This one moves as they do, closely
enough for the network that was trained on real people to tell what it does.
"""

from __future__ import annotations

import numpy as np

from ...utils.checks import PathLike, positive_int
from ..decoding.write import write_video

SIZE = (144, 180)
_JACKET, _TROUSERS, _SKIN = (52, 48, 58), (44, 56, 92), (196, 158, 138)
_GROUND, _LEG, _TORSO, _ARM = 117.0, 25.0, 18.0, 20.0  # the floor's row; lengths in pixels


def jumping_jacks(frames: int = 75, *, period: int = 27, seed: int = 0) -> np.ndarray:
    """Renders the clip: uint8 `(frames, 144, 180, 3)`, RGB, made for 25 frames a second.

    Args:
        frames: How many.
        period: Frames from one closed stance to the next.
        seed: Of the wall and the noise.
    """
    positive_int("frames", frames)
    rng = np.random.default_rng(seed)
    wall = _wall(rng)
    phases = 2 * np.pi * np.arange(frames) / positive_int("period", period)
    pictures = [_draw(wall, phase) + rng.normal(0, 2, wall.shape) for phase in phases]
    return np.clip(np.stack(pictures), 0, 255).astype("uint8")


def write_sample(path: PathLike) -> None:
    """Writes the clip to a video file."""
    write_video(path, jumping_jacks(), fps=25)


def _wall(rng) -> np.ndarray:
    """Stone blocks above a pavement."""
    height, width = SIZE
    blocks = rng.normal(0, 5, (24, 20))
    wall = np.kron(blocks, np.ones((6, 9)))[:height, :width, None] + np.array([170, 164, 158.0])
    wall[int(_GROUND) + 3 :] = [120, 116, 122]
    return wall


def _draw(wall, phase) -> np.ndarray:
    """One picture: `phase` 0 is the closed stance, pi the open one."""
    openness = (1 - np.cos(phase)) / 2
    spread, raised = np.radians(4 + 24 * openness), np.radians(12 + 155 * openness)
    lift = 5 * abs(np.sin(phase))
    hip = np.array([_GROUND - lift - _LEG * np.cos(spread), 90.0])
    neck = hip - [_TORSO, 0]
    picture = wall.copy()
    for side in (-1, 1):
        foot = hip + _LEG * np.array([np.cos(spread), side * np.sin(spread)])
        _limb(picture, hip + [0, 2 * side], foot, 2.6, _TROUSERS)
        shoulder = neck + [2, 4 * side]
        hand = shoulder + _ARM * np.array([np.cos(raised), side * np.sin(raised)])
        _limb(picture, shoulder, hand, 1.9, _JACKET)
        _limb(picture, hand, hand, 1.8, _SKIN)
    _limb(picture, neck, hip, 5.0, _JACKET)
    _limb(picture, neck - [6.5, 0], neck - [5, 0], 3.6, _SKIN)
    return picture


def _limb(picture, start, end, radius, color) -> None:
    """A thick line with round ends and soft edges, painted over `picture`."""
    pixels = np.moveaxis(np.mgrid[: SIZE[0], : SIZE[1]], 0, -1)
    along, away = end - start, pixels - start
    share = np.clip(away @ along / max(along @ along, 1e-9), 0, 1)
    distance = np.linalg.norm(away - share[..., None] * along, axis=-1)
    cover = np.clip(radius - distance + 0.5, 0, 1)[..., None]
    picture += cover * (np.array(color, float) - picture)
