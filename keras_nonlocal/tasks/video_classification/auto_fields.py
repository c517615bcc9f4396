"""The fields of a recipe that are `"auto"`, as numbers that fit the training videos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...data.manifest import Manifest
from .recipe import VideoRecipe
from .video_facts import VideoFacts, video_facts

# A small network on a CPU: enough frames to see an order, and few enough pixels to be quick.
FRAMES_PER_SECOND, FEWEST, MOST = 8, 16, 32
SHORT_SIDE, LONG_SIDE, STEP = 40, 64, 8
PLACES = 2  # of a second, after the decimal point


def resolved(recipe: VideoRecipe, videos: Any) -> VideoRecipe:
    """Replaces each field that is `"auto"` by a number that fits the training videos.

    - `seconds` is the length of the longest video, but for the longest twentieth. So a clip covers
      nearly every video by the clock.
    - `num_frames` gives eight frames for each second of the median video, rounded up to a multiple
      of eight, at least 16 and at most 32.
    - `size` has a shorter side of 40 pixels, or that of the median video if it is smaller. The
      longer side has the median aspect ratio, rounded down to a multiple of eight, at most 64.

    Args:
        recipe: The recipe.
        videos: The training videos, a `Manifest`. A folder of shards will not do.

    Returns:
        The recipe with numbers. A recipe without `"auto"` is returned as it is.

    Raises:
        ValueError: The videos are a folder of shards, or none of them can be opened.

    Example:

    >>> from keras_nonlocal.data import read_source
    >>> recipe = VideoRecipe("i3d_small", "auto", 1, "auto", seconds="auto", steps=100)
    >>> recipe = resolved(recipe, read_source(["jumping.mp4"]))
    >>> recipe.num_frames, recipe.size, recipe.seconds
    (24, (40, 48), 3.0)
    """
    if not recipe.left_to_videos:
        return recipe
    if not isinstance(videos, Manifest):
        raise ValueError(
            f"{', '.join(recipe.left_to_videos)} of the recipe must be numbers to train on shards, "
            "which do not say how long their videos are. Set them, as with --set num_frames=24. "
            "Received: 'auto'"
        )
    facts = video_facts(videos)
    rules = {"num_frames": _num_frames, "seconds": _seconds, "size": _size}
    return recipe.changed(**{name: rules[name](facts) for name in recipe.left_to_videos})


def _seconds(facts: Sequence[VideoFacts]) -> float:
    longest = np.quantile([each.seconds for each in facts], 0.95, method="lower")
    return max(round(float(longest), PLACES), 10.0**-PLACES)


def _num_frames(facts: Sequence[VideoFacts]) -> int:
    seconds = float(np.median([each.seconds for each in facts]))
    wanted = STEP * int(np.ceil(FRAMES_PER_SECOND * seconds / STEP))
    return min(max(wanted, FEWEST), MOST)


def _size(facts: Sequence[VideoFacts]) -> tuple[int, int]:
    """The height and the width of a clip."""
    sides = np.array([(each.height, each.width) for each in facts], float)
    short = min(SHORT_SIDE, _down(np.median(sides.min(axis=1))))
    aspect = float(np.median(sides[:, 1] / sides[:, 0]))  # width for each pixel of height
    long = min(_down(short * max(aspect, 1 / aspect)), LONG_SIDE)
    return (short, max(long, short)) if aspect >= 1 else (max(long, short), short)


def _down(pixels: float) -> int:
    """The largest multiple of `STEP` that is not larger, but one step at least."""
    return max(int(pixels) // STEP * STEP, STEP)
