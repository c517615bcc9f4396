"""Rendered gestures whose classes differ in the order of time only.

A hand moves left, right, up or down, opens or closes, or circles clockwise or counterclockwise. The
classes are four pairs, and a gesture of one class is exactly the reversed gesture of the other one.
So no single frame, and no set of frames without their order, tells the two classes of a pair apart:
**a network that does not see the order of time, such as C2D, is right on at most 50 %**. It can
tell the pairs apart, so it is better than chance, which is 12.5 %.

The rest is as difficult as in clips from a webcam: a hand of 20 to 60 pixels in a frame of 120 x
160 pixels, in front of a textured ground that moves; 10 to 30 frames a second; 1 to 4 seconds;
gestures whose speeds differ by a factor of up to three; a contrast from 1.5:1; and noise of the
sensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...utils.checks import PathLike, a_seed, positive_int
from ..decoding.write import write_video
from . import gesture_frames
from .gesture_frames import SIZE, Pose

CLASS_NAMES = ("left", "right", "up", "down", "close", "open", "clockwise", "counterclockwise")

_RATES, _SECONDS = (10, 12, 15, 20, 24, 25, 30), (1.0, 4.0)
_GESTURE = (0.6, 1.8)  # seconds from the start of a gesture to its end: the speeds differ by 3
_CONTRAST = (1.5, 2.4)  # of the hand and the ground, whichever is brighter


class Gesture(NamedTuple):
    """A rendered video: uint8 frames `(T, 120, 160, 3)`, class index, frames per second."""

    video: np.ndarray
    label: int
    fps: int


def gestures(count: int, *, seed: int = 0) -> Iterator[Gesture]:
    """Renders gestures one by one.

    Videos `2 n` and `2 n + 1` show the same scene, one forwards and one backwards. So even in a set
    that is exactly this one, nothing but the order of time tells the classes of a pair apart.

    Args:
        count: Number of videos, best a multiple of eight. A video depends only on its index and
            `seed`.
        seed: The same seed gives the same videos, and another seed gives other ones.

    Returns:
        An iterator of `Gesture`.

    Raises:
        ValueError: `count` is not a positive integer, or `seed` is not a seed.

    Example:

    >>> video, label, fps = next(gestures(8))
    >>> video.shape[1:], CLASS_NAMES[label], fps
    ((120, 160, 3), 'left', 25)
    """
    seed = a_seed(seed)
    return (_gesture(index, seed) for index in range(positive_int("count", count)))


def write_gestures(folder: PathLike, count: int, seed: int = 0) -> list[Path]:
    """Writes gestures to `folder/<class>/<index>.mp4`.

    Args:
        folder: The folder; missing folders are created.
        count, seed: As in `gestures`.

    Returns:
        The files, in the order of the videos.

    Raises:
        ValueError: `count` is not a positive integer, or `seed` is not a seed.
        OSError: A file cannot be written.

    Example:

    >>> write_gestures("gestures", 2)
    [PosixPath('gestures/left/00000.mp4'), PosixPath('gestures/right/00001.mp4')]
    """
    paths = []
    for index, (video, label, fps) in enumerate(gestures(count, seed=seed)):
        paths.append(Path(folder) / CLASS_NAMES[label] / f"{index:05d}.mp4")
        write_video(paths[-1], video, fps)
    return paths


def _gesture(index: int, seed: int) -> Gesture:
    scene, backwards = divmod(index, 2)
    pair = scene % (len(CLASS_NAMES) // 2)
    video, fps = _forwards(pair, np.random.default_rng([seed, scene]))
    return Gesture(video[::-1] if backwards else video, 2 * pair + backwards, fps)


def _forwards(pair: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Renders the first class of a pair."""
    fps, seconds = int(rng.choice(_RATES)), rng.uniform(*_SECONDS)
    frames = max(round(seconds * fps), 2)
    scene = gesture_frames.Scene.draw(frames / fps, _CONTRAST, rng)
    lasts = min(rng.uniform(*_GESTURE), 0.9 * seconds)
    start = rng.uniform(0, seconds - lasts)
    moved = np.clip((np.arange(frames) / fps - start) / lasts, 0, 1)
    pose = _MOTIONS[pair](moved * moved * (3 - 2 * moved), scene.hand, rng)
    return gesture_frames.draw_gesture(scene, pose, fps, rng), fps


def _line(share, hand, rng, direction) -> Pose:
    """The hand moves along a line, up to 10 degrees off its direction."""
    tilt = rng.uniform(-0.17, 0.17)
    turned = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]) @ direction
    middle = _middle(hand, rng)
    path = rng.uniform(35, 55) * np.outer(share - 0.5, turned)
    return Pose(middle + path, np.full(len(share), rng.uniform(0, 1)))


def _left(share, hand, rng) -> Pose:
    return _line(share, hand, rng, np.array([0.0, -1.0]))


def _up(share, hand, rng) -> Pose:
    return _line(share, hand, rng, np.array([-1.0, 0.0]))


def _close(share, hand, rng) -> Pose:
    """The hand closes, and stays where it is."""
    return Pose(np.tile(_middle(hand, rng), (len(share), 1)), 1 - share)


def _clockwise(share, hand, rng) -> Pose:
    """The hand makes one turn, clockwise for those who look at the screen."""
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * share
    path = rng.uniform(16, 24) * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return Pose(_middle(hand, rng) + path, np.full(len(share), rng.uniform(0, 1)))


_MOTIONS = (_left, _up, _close, _clockwise)


def _middle(hand, rng) -> np.ndarray:
    """The center of a gesture, such that the palm stays in the frame."""
    margin = np.minimum(28 + 0.27 * hand, np.array(SIZE) / 2 - 2)
    return rng.uniform(margin, np.array(SIZE) - margin)
