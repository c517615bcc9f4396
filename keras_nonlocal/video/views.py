"""The clips that a video is tested on: several in time, several crops of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .clip_spec import ClipSpec
from .crops import spread_crops
from .decoding.container import PathLike
from .decoding.frame_transform import Framing
from .decoding.open_video import OnDamage, Video


def read_clips(path: PathLike, clip: ClipSpec, *, on_damage: OnDamage = "raise") -> np.ndarray:
    """Reads all clips that a video is tested on.

    Args:
        path: A video file.
        clip: How they are cut: `clip.clips` of them by the rule `clip.sampling`, and `clip.crops`
            crops of each.
        on_damage: As in `read_clip`.

    Returns:
        uint8 `(clips * crops, frames, H, W, 3)`, RGB; the crops of a clip follow each other.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it that was needed is damaged.

    Example:

    >>> clip = ClipSpec(8, stride=4, size=(112, 112), sampling="official", clips=10, crops=3)
    >>> read_clips("jumping.mp4", clip).shape
    (30, 8, 112, 112, 3)
    """
    with Video(path, on_damage=on_damage) as video:
        return views(video, clip.spread_indices(video.index.times, video.index.fps), clip)


def views(video: Video, numbers: Sequence[Sequence[int]], clip: ClipSpec) -> np.ndarray:
    """Clips of an open video by their frame numbers, each cropped; every frame is decoded once."""
    everything = sorted({number for clip_numbers in numbers for number in clip_numbers})
    framing = Framing(clip.short_sides and clip.short_sides[0], clip.size, whole=clip.crops > 1)
    pictures = video.read(everything, framing)
    rows = (np.searchsorted(everything, clip_numbers) for clip_numbers in numbers)
    clips = [pictures[row] for row in rows]
    if clip.crops > 1 and clip.size is not None:
        clips = [crop for whole in clips for crop in spread_crops(whole, clip.size, clip.crops)]
    return np.stack(clips)
