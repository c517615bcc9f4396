"""What a clip of a video is: how many frames, how far apart, how large, and which ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..validation import at_least, one_of, positive_int, sizes
from .moments import MICROSECONDS, numbers_at, random_moment, spread_moments
from .sampling import clip_span, drawn_speed, played_frames
from .schemes import SCHEMES

_LONGEST_STEP = 1e6  # seconds


@dataclass(frozen=True)
class Clip:
    """How clips are cut from videos.

    Attributes:
        frames: Frames of a clip.
        stride: Their distance in the video, in frames.
        seconds: Their distance in seconds instead, for videos of different or changing frame rates.
        short_side: Frames are scaled while they are decoded until their shorter side is this; two
            numbers are the ends of a range to draw from for each training clip.
        size: Height and width. Frames are scaled until this is just covered, or by `short_side`,
            and cropped to it: at random in training, else in the centre. Without it, videos of
            different sizes make no batch, unless a layer of `augment` makes them equal.
        sampling: By whose rule clips are chosen, see `keras_nonlocal.data.SCHEMES`.
        speed: Training clips are cut as if the video played up to this many times faster or slower.
        clips: How many clips of a video are tested.
        crops: How many crops of each of them, spread along the longer side; one is the centre.

    Raises:
        ValueError: A value is out of range, or two contradict each other.

    Example:

    >>> Clip(frames=32, stride=2, short_side=(256, 320), size=(224, 224)).span
    63
    """

    frames: int = 32
    stride: int = 1
    seconds: float | None = None
    short_side: int | tuple[int, int] | None = None
    size: tuple[int, int] | None = None
    sampling: str = "spread"
    speed: float = 1.0
    clips: int = 1
    crops: int = 1

    def __post_init__(self):
        clip_span(self.frames, self.stride)
        positive_int("clips", self.clips)
        one_of("sampling", self.sampling, SCHEMES)
        at_least("speed", self.speed, 1)
        if self.size is not None:
            object.__setattr__(self, "size", sizes("size", self.size, 2))
        if positive_int("crops", self.crops) > 1 and self.size is None:
            raise ValueError("`crops` needs the `size` of a crop. Received: size=None")
        self._check_seconds()
        self._check_short_side()

    @property
    def span(self) -> int:
        """Frames of the video from the first frame of a clip to its last."""
        return clip_span(self.frames, self.stride)

    @property
    def views(self) -> int:
        """How many clips a video gives when it is tested, crops included."""
        return self.clips * self.crops

    @property
    def short_sides(self) -> tuple[int, int] | None:
        """The least and the largest short side that is drawn."""
        if self.short_side is None or isinstance(self.short_side, tuple):
            return self.short_side
        return self.short_side, self.short_side

    def random_numbers(self, times: np.ndarray, rng: np.random.Generator, fps: float) -> list[int]:
        """Frame numbers of a training clip.

        Args:
            times: When each frame is shown, int64 microseconds from the first.
            rng: Where the draw comes from.
            fps: Frames a second of the video.
        """
        if self.seconds is None:
            speed = drawn_speed(self.speed, rng)
            random = SCHEMES[self.sampling].random
            numbers = random(played_frames(len(times), speed), self.frames, self.stride, rng, fps)
            return [min(round(number * speed), len(times) - 1) for number in numbers]
        start = random_moment(times, (self.frames - 1) * self._step, rng)
        return numbers_at(times, start, self.frames, self._step)

    def spread_numbers(self, times: np.ndarray, fps: float) -> list[list[int]]:
        """Frame numbers of each test clip, `clips` lists; arguments as for `random_numbers`."""
        if self.seconds is None:
            scheme = SCHEMES[self.sampling]
            return scheme.spread(len(times), self.frames, self.stride, self.clips, fps)
        starts = spread_moments(times, (self.frames - 1) * self._step, self.clips)
        return [numbers_at(times, start, self.frames, self._step) for start in starts]

    @property
    def _step(self) -> int:
        return round((self.seconds or 0) * MICROSECONDS)

    def _check_seconds(self) -> None:
        if self.seconds is None:
            return
        number = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if not number or not 1 / MICROSECONDS <= self.seconds <= _LONGEST_STEP:
            raise ValueError(
                "`seconds` must be the seconds from one frame to the next, from a millionth to a "
                "million. "
                f"Received: seconds={self.seconds!r}"
            )
        if self.stride != 1 or self.sampling != "spread" or self.speed != 1:
            raise ValueError(
                "With `seconds`, leave `stride`, `sampling` and `speed` as they are: they count "
                f"frames. Received: stride={self.stride}, sampling={self.sampling!r}, "
                f"speed={self.speed}"
            )

    def _check_short_side(self) -> None:
        if self.short_side is None:
            return
        least, largest = sizes("short_side", self.short_side, 2)
        if self.size is not None and min(self.size) > least:
            raise ValueError(
                "`short_side` must leave frames that `size` fits into. "
                f"Received: short_side={self.short_side!r}, size={self.size}"
            )
        if least > largest:
            raise ValueError(
                "`short_side` must be a number, or the least and the largest of a range. "
                f"Received: short_side={self.short_side!r}"
            )
        if not isinstance(self.short_side, int):
            object.__setattr__(self, "short_side", (least, largest))


def a_clip(clip: object) -> Clip:
    """Return `clip` if it is one."""
    if not isinstance(clip, Clip):
        raise ValueError(f"`clip` must be a `keras_nonlocal.data.Clip`. Received: clip={clip!r}")
    return clip
