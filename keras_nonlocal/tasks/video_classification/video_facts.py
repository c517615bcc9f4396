"""The lengths and sizes of the videos of a data set: what a scan found, or else what files say."""

from __future__ import annotations

from typing import NamedTuple

from ...data.manifest import Entry, Manifest
from ...video.decoding.container import VideoError
from ...video.decoding.probe import probe

LOOKED_AT = 64  # videos of a large data set that are opened, chosen at random


class VideoFacts(NamedTuple):
    """What is known of a video, or of the part of it that the data set uses.

    Attributes:
        frames: Number of frames.
        fps: Frames per second.
        height, width: In pixels.
    """

    frames: int
    fps: float
    height: int
    width: int

    @property
    def seconds(self) -> float:
        """How long the video lasts."""
        return self.frames / self.fps


def video_facts(manifest: Manifest) -> list[VideoFacts]:
    """Looks at the videos of a data set, or at a sample of a large one.

    Args:
        manifest: The videos. Those that `keras_nonlocal.video.scan` has described are not opened.

    Returns:
        The facts of each video that was looked at, and can be opened.

    Raises:
        ValueError: None of them can be opened.

    Example:

    >>> facts = video_facts(Manifest((Entry("jumping.mp4"),)))
    >>> facts[0].seconds, facts[0].height
    (3.0, 144)
    """
    entries = manifest.sample(LOOKED_AT).entries
    facts = [each for entry in entries if (each := _facts(entry)) is not None]
    if not facts:
        raise ValueError(
            f"None of the {len(entries)} videos that were looked at can be opened. Run "
            "`keras-nonlocal data scan` to list the causes."
        )
    return facts


def _facts(entry: Entry) -> VideoFacts | None:
    """The facts of the part of a video that an entry uses; `None` if it cannot be opened."""
    if entry.frames and entry.fps and entry.height and entry.width:
        whole = VideoFacts(entry.frames, entry.fps, entry.height, entry.width)
    else:
        try:
            found = probe(entry.path)
        except (VideoError, OSError):
            return None
        whole = VideoFacts(found.frames, found.fps, found.height, found.width)
    end = whole.seconds if entry.end is None else min(entry.end, whole.seconds)
    used = round((end - (entry.start or 0)) * whole.fps)
    return whole._replace(frames=max(used, 1))
