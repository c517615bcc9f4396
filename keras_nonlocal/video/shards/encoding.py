"""One entry of a manifest -> its frames as JPEG files, and what is to be said of them.

Worker processes do this; they need no TensorFlow.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath

import numpy as np
from PIL import Image

from ...data.manifest import Entry
from ...utils.checks import positive_int
from ..decoding.container import VideoError
from ..decoding.read import iterate_frames
from ..sampling.by_time import MICROSECONDS, MOST_RATE, odd_times

ENCODING_TIME_LIMIT = 600.0  # decoding and encoding a long video takes minutes
# A shard, a place in it, and what to write there.
EncodingTask = tuple[int, int, Entry]
Value = str | int | float
_USUAL_RATE = Fraction(30)  # of a video of one frame


@dataclass(frozen=True)
class ShardOptions:
    """How the frames of videos are stored.

    Attributes:
        short_side: Frames are scaled while they are decoded until their shorter side is this;
            `None` leaves them as they are.
        quality: Of the JPEG files, 1 to 100.
        frame_step: Keep one frame out of so many.
    """

    short_side: int | None = 256
    quality: int = 95
    frame_step: int = 1

    def __post_init__(self):
        if self.short_side is not None:
            positive_int("short_side", self.short_side)
        positive_int("frame_step", self.frame_step)
        if positive_int("quality", self.quality) > 100:
            raise ValueError(f"`quality` must be 1 to 100. Received: quality={self.quality!r}")


@dataclass(frozen=True)
class Encoded:
    """A video as it is stored.

    Attributes:
        frames: JPEG files.
        times: Of each frame, in microseconds of the video.
        context: What is said of the whole, by the names of MediaPipe and the TensorFlow Model
            Garden; each is a list of texts, whole numbers or other numbers.
    """

    frames: tuple[bytes, ...]
    times: tuple[int, ...]
    context: Mapping[str, Sequence[Value]]


def encode(
    entry: Entry,
    options: ShardOptions,
    class_names: Sequence[str] = (),
    time_limit: float = ENCODING_TIME_LIMIT,
    *,
    path: str | None = None,
) -> Encoded:
    """Decodes a video, or the part of one that an entry names, and encodes its frames.

    Args:
        entry: What to read.
        options: How to store it.
        class_names: By class number, to store the names of its labels too.
        time_limit: Seconds of the processor after which reading gives up.
        path: Where the file lies on this machine, if its own path is an address.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It cannot be read as a video, or shows nothing between `start` and `end`.
    """
    times, frames, (height, width) = _frames(entry, options, time_limit, path or entry.path)
    if cause := odd_times(times):
        raise VideoError(entry.path, cause)
    if entry.fps is not None and not 0 < entry.fps <= MOST_RATE:
        raise VideoError(entry.path, f"its `fps` is {entry.fps:g} frames a second")
    rate = _rate(entry, times, options.frame_step)
    context: dict[str, Sequence[Value]] = {
        "image/format": ["JPEG"],
        "image/channels": [3],
        "image/colorspace": ["RGB"],
        "image/height": [height],
        "image/width": [width],
        "image/frame_rate": [float(rate)],
        "image/frame_rate/fraction": [rate.numerator, rate.denominator],
        **_labels(entry, class_names),
        **_segments(entry),
        "clip/media_id": [PurePosixPath(entry.path).stem],
        "clip/data_path": [entry.path],
        "clip/start/timestamp": [times[0]],
        "clip/end/timestamp": [times[-1]],
    }
    return Encoded(tuple(frames), tuple(times), context)


def encode_task(task: EncodingTask, options: ShardOptions, class_names: Sequence[str]) -> Encoded:
    """What a worker process does, for as long as its parent lets it."""
    return encode(task[2], options, class_names, math.inf)


def _frames(
    entry: Entry, options: ShardOptions, time_limit: float, path: str
) -> tuple[list[int], list[bytes], tuple[int, int]]:
    """The times, in microseconds of the file, the JPEG files, and the height and width of all."""
    times, frames, shapes = [], [], set()
    shown = iterate_frames(
        path,
        short_side=options.short_side,
        start=entry.start,
        end=entry.end,
        time_limit=time_limit,
    )
    for number, (time, picture) in enumerate(shown):
        if number % options.frame_step == 0:
            times.append(time)
            frames.append(_jpeg(picture, options.quality))
            shapes.add(picture.shape[:2])
    if len(shapes) != 1:
        cause = "its frames change size midway" if shapes else "it shows no frame in this part"
        raise VideoError(entry.path, cause)
    return times, frames, shapes.pop()


def _jpeg(picture: np.ndarray, quality: int) -> bytes:
    """Half of the color resolution, as videos have, and Huffman tables of its own: an eighth fewer
    bytes, which decode faster, for twice the time to encode."""
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
    return buffer.getvalue()


def _rate(entry: Entry, times: list[int], frame_step: int) -> Fraction:
    """Frames a second of what is stored, exact for the usual rates."""
    if entry.fps is not None:
        rate = Fraction(entry.fps) / frame_step
    elif len(times) > 1:
        rate = Fraction(MICROSECONDS * (len(times) - 1), max(times[-1] - times[0], 1))
    else:
        rate = _USUAL_RATE / frame_step
    return max(rate.limit_denominator(1001), Fraction(1, 1001))


def _labels(entry: Entry, class_names: Sequence[str]) -> dict:
    names = [class_names[label] for label in entry.labels] if class_names else []
    return {"clip/label/index": entry.labels, "clip/label/string": names}


def _segments(entry: Entry) -> dict:
    """When each label holds, in microseconds."""
    starts, ends = ([round(time[end] * MICROSECONDS) for time in entry.times] for end in (0, 1))
    labels = entry.labels if starts else ()
    return {
        "segment/start/timestamp": starts,
        "segment/end/timestamp": ends,
        "segment/label/index": labels,
    }
