"""The outlines of the rendered objects: parts of a car, a cup, a house, a tree, a boat, a figure.

Each object is a list of polygons in a square from -0.5 to 0.5, where y points down, and each
polygon has one of the colors of its object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

MAIN, SECOND, DARK, LIGHT = range(4)  # colors of an object
# Those of a figure that faces the viewer, so its left side is at the right.
KEYPOINTS = (
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_hand",
    "right_hand",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_foot",
    "right_foot",
)
_LIMBS = (
    ("hip", "knee", 0.075, SECOND),
    ("knee", "foot", 0.065, SECOND),
    ("shoulder", "elbow", 0.06, MAIN),
    ("elbow", "hand", 0.05, LIGHT),
)
_LINES = (
    *(
        (f"{side}_{one}", f"{side}_{other}")
        for side in ("left", "right")
        for one, other, *_ in _LIMBS
    ),
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)
SKELETON = tuple((KEYPOINTS.index(one), KEYPOINTS.index(other)) for one, other in _LINES)


class Shape(NamedTuple):
    """Polygons with the indices of their colors, and keypoints `(K, 2)`, which may be none."""

    parts: list[tuple[np.ndarray, int]]
    points: np.ndarray = np.zeros((0, 2))


def _box(x0, y0, x1, y1) -> np.ndarray:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _disc(x, y, width, height=None) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    radii = width, width if height is None else height
    return np.stack([x + radii[0] * np.cos(angles), y + radii[1] * np.sin(angles)], axis=1)


def _limb(start, end, width) -> np.ndarray:
    """A bar with round ends, as a polygon."""
    angle = np.arctan2(*(end - start)[::-1])
    half = np.linspace(-np.pi / 2, np.pi / 2, 6)
    ends = [
        place + width / 2 * np.stack([np.cos(angle + turn), np.sin(angle + turn)], axis=1)
        for place, turn in ((end, half), (start, half + np.pi))
    ]
    return np.concatenate(ends)


def car(random: np.random.Generator) -> Shape:
    """A body, a cabin with two windows, and two wheels."""
    front = random.uniform(0.2, 0.38)
    cabin = np.array([(-0.36, 0.02), (-0.24, -0.2), (front - 0.12, -0.2), (front, 0.02)])
    middle = (front - 0.36) / 2
    panes = [(-0.23, middle - 0.02), (middle + 0.02, front - 0.13)]
    wheels = [_disc(x, 0.2, 0.1) for x in (-0.28, 0.28)]
    return Shape(
        [
            (_box(-0.5, 0.0, 0.5, 0.2), MAIN),
            (cabin, MAIN),
            *((_box(x0, -0.16, x1, -0.01), LIGHT) for x0, x1 in panes),
            *((wheel, DARK) for wheel in wheels),
            *((_disc(x, 0.2, 0.04), LIGHT) for x in (-0.28, 0.28)),
        ]
    )


def cup(random: np.random.Generator) -> Shape:
    """A body that is wider above, a rim, a stripe, and a handle."""
    low = random.uniform(0.18, 0.28)
    body = np.array([(-0.32, -0.4), (0.26, -0.4), (low - 0.03, 0.42), (-low - 0.03, 0.42)])
    angles = np.linspace(-0.45 * np.pi, 0.45 * np.pi, 9)
    rings = [
        np.stack([0.22 + r * np.cos(angles), -0.05 + 1.1 * r * np.sin(angles)], axis=1)
        for r in (0.26, 0.16)
    ]
    return Shape(
        [
            (np.concatenate([rings[0], rings[1][::-1]]), MAIN),
            (body, MAIN),
            (_box(-0.28, -0.1, 0.22, 0.08), SECOND),
            (_disc(-0.03, -0.4, 0.29, 0.07), DARK),
        ]
    )


def house(random: np.random.Generator) -> Shape:
    """Walls, a roof, a door, a window, and often a chimney."""
    door = random.uniform(-0.25, 0.1)
    chimney = [(_box(0.15, -0.45, 0.25, -0.15), DARK)] if random.random() < 0.6 else []
    pane = door + 0.22 if door < 0 else door - 0.25
    return Shape(
        [
            *chimney,
            (_box(-0.38, -0.1, 0.38, 0.45), MAIN),
            (np.array([(-0.5, -0.08), (0.0, -0.5), (0.5, -0.08)]), SECOND),
            (_box(door, 0.12, door + 0.16, 0.45), DARK),
            (_box(pane, 0.04, pane + 0.16, 0.2), LIGHT),
        ]
    )


def tree(random: np.random.Generator) -> Shape:
    """A trunk, and a crown of discs or of triangles."""
    trunk = (_box(-0.06, 0.1, 0.06, 0.5), SECOND)
    if random.random() < 0.5:
        tops = np.linspace(-0.5, -0.1, 3)
        crowns = [
            (
                np.array([(-0.2 - 0.06 * n, top + 0.32), (0.0, top), (0.2 + 0.06 * n, top + 0.32)]),
                MAIN,
            )
            for n, top in enumerate(tops)
        ]
    else:
        places = random.uniform(-0.16, 0.16, (5, 2)) + (0, -0.18)
        crowns = [(_disc(x, y, random.uniform(0.14, 0.2)), MAIN) for x, y in places]
    return Shape([trunk, *crowns])


def boat(random: np.random.Generator) -> Shape:
    """A hull, a mast, and two sails."""
    top = random.uniform(-0.5, -0.35)
    return Shape(
        [
            (np.array([(-0.48, 0.18), (0.48, 0.18), (0.3, 0.42), (-0.34, 0.42)]), MAIN),
            (_box(-0.02, top, 0.02, 0.2), DARK),
            (np.array([(0.04, top), (0.42, 0.12), (0.04, 0.12)]), LIGHT),
            (np.array([(-0.04, top + 0.08), (-0.04, 0.12), (-0.34, 0.12)]), SECOND),
        ]
    )


def figure(random: np.random.Generator) -> Shape:
    """A person of limbs, who faces the viewer, in a random pose."""
    points = {"head": np.array([random.uniform(-0.04, 0.04), -0.36])}
    for side, sign in (("left", 1), ("right", -1)):
        for start, place in (("shoulder", (0.1, -0.24)), ("hip", (0.07, 0.05))):
            points[f"{side}_{start}"] = np.array(place) * (sign, 1)
        arm, fore = random.uniform(-0.2, 2.6), random.normal(0, 0.9)
        leg, shin = random.uniform(-0.15, 0.8), random.normal(-0.15, 0.35)
        joints = (
            ("shoulder", "elbow", 0.15, arm),
            ("elbow", "hand", 0.15, arm + fore),
            ("hip", "knee", 0.21, leg),
            ("knee", "foot", 0.21, leg + shin),
        )
        for one, other, length, angle in joints:  # an angle of zero points down
            step = np.array([sign * np.sin(angle), np.cos(angle)])
            points[f"{side}_{other}"] = points[f"{side}_{one}"] + length * step
    limbs = [
        (_limb(points[f"{side}_{one}"], points[f"{side}_{other}"], width), color)
        for one, other, width, color in _LIMBS[:2]
        for side in ("left", "right")
    ]
    trunk = np.array(
        [points[f"{s}"] for s in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
    )
    trunk = trunk * (1.25, 1.0) + np.array([(0, -0.03), (0, -0.03), (0, 0.04), (0, 0.04)])
    arms = [
        (_limb(points[f"{side}_{one}"], points[f"{side}_{other}"], width), color)
        for one, other, width, color in _LIMBS[2:]
        for side in ("left", "right")
    ]
    head = points["head"]
    face = [(_disc(head[0] + x, head[1] - 0.01, 0.014), DARK) for x in (-0.03, 0.03)]
    parts = [*limbs, (trunk, MAIN), *arms, (_disc(head[0], head[1], 0.085, 0.1), LIGHT), *face]
    return Shape(parts, np.array([points[name] for name in KEYPOINTS]))


SHAPES: dict[str, Callable[[np.random.Generator], Shape]] = {
    "figure": figure,
    "car": car,
    "cup": cup,
    "house": house,
    "tree": tree,
    "boat": boat,
}
