"""Where a clip starts its video again, because the video is shorter than the clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...video.clip_spec import ClipSpec
from ...video.sampling.by_time import MICROSECONDS
from .video_facts import VideoFacts


def wraps(indices: Sequence[int]) -> list[int]:
    """The places in a clip at which the video starts again.

    Args:
        indices: The frames of the video that make the clip.

    Example:

    >>> wraps([4, 6, 0, 2])
    [2]
    """
    return (np.flatnonzero(np.diff(indices) < 0) + 1).tolist()


def wrapped_share(clip: ClipSpec, facts: Sequence[VideoFacts]) -> float:
    """The share of training clips that start their video again.

    Args:
        clip: How training clips are cut.
        facts: The videos, each of which gives one random clip.

    Returns:
        A share from 0 to 1.

    Example:

    >>> one_second = VideoFacts(frames=25, fps=25.0, height=144, width=180)
    >>> wrapped_share(ClipSpec(16, frame_stride=2), [one_second])
    1.0
    """
    rng = np.random.default_rng(0)
    drawn = [clip.random_indices(_times(each), rng, each.fps) for each in facts]
    return sum(bool(wraps(indices)) for indices in drawn) / len(drawn)


def length_line(clip: ClipSpec, facts: Sequence[VideoFacts]) -> str:
    """Says how long a clip is, and how many clips are longer than their video.

    Args:
        clip, facts: As in `wrapped_share`.

    Example:

    >>> length_line(ClipSpec(16, frame_stride=2), [VideoFacts(25, 25.0, 144, 180)])
    '31 frames of the video, and 100 % of the clips wrap round: their video is shorter'
    """
    if clip.seconds_between_frames is None:
        length = f"{clip.span} frames of the video"
    else:
        length = f"{clip.num_frames * clip.seconds_between_frames:.3g} seconds of the video"
    share = wrapped_share(clip, facts)
    why = ": their video is shorter" if share else ""
    return f"{length}, and {share:.0%} of the clips wrap round{why}".replace("%", " %")


def _times(facts: VideoFacts) -> np.ndarray:
    """When each frame is shown, in microseconds, at a constant frame rate."""
    return np.rint(np.arange(facts.frames) * MICROSECONDS / facts.fps).astype("int64")
