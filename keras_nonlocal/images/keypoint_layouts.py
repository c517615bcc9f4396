"""What the keypoints of a class are: their names, partners, lines and tolerances."""

from __future__ import annotations

from collections.abc import Sequence

COCO_PERSON_KEYPOINTS = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
# How far annotators differ, as a share of the size of a person (COCO's "object keypoint
# similarity"): from 0.026 for the nose to 0.107 for the hips.
_PER_PART = {
    "nose": 0.026,
    "eye": 0.025,
    "ear": 0.035,
    "shoulder": 0.079,
    "elbow": 0.072,
    "wrist": 0.062,
    "hip": 0.107,
    "knee": 0.087,
    "ankle": 0.089,
}
COCO_PERSON_SIGMAS = tuple(_PER_PART[name.split("_")[-1]] for name in COCO_PERSON_KEYPOINTS)
_SIDES = ("left", "right")


def flip_pairs_of(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Finds the keypoints that change places in a mirror, by the words left and right.

    >>> flip_pairs_of(("nose", "left_eye", "right_eye"))
    ((1, 2),)
    """
    places = {name: place for place, name in enumerate(names)}
    left, right = _SIDES
    partners = ((place, places.get(name.replace(left, right))) for name, place in places.items())
    return tuple((one, other) for one, other in partners if other is not None and one != other)


def sigmas_of(names: Sequence[str]) -> tuple[float, ...] | None:
    """Returns COCO's tolerances if these are COCO's keypoints of a person, else `None`."""
    return COCO_PERSON_SIGMAS if tuple(names) == COCO_PERSON_KEYPOINTS else None
