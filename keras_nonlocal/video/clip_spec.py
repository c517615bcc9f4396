"""How a video becomes the input of a network, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..utils.checks import at_least, one_of, positive_int, sizes
from .sampling.by_index import clip_span
from .sampling.by_time import MICROSECONDS
from .sampling.rules import SAMPLING_RULES, exact_rate, random_indices, spread_indices

_LONGEST_STEP = 1e6  # seconds


@dataclass(frozen=True)
class ClipSpec:
    """How a video becomes an input: which frames, of which size, and which numbers.

    Cards, recipes, evaluators, predictors and exported bundles all say it by this one class.

    Attributes:
        num_frames: Frames of a clip.
        frame_stride: Their distance in the video, in frames.
        seconds_between_frames: Their distance in seconds instead, for videos of different or
            changing frame rates.
        short_side: Frames are scaled while they are decoded until their shorter side is this; two
            numbers are the ends of a range to draw from for each training clip.
        size: Height and width. Frames are scaled until this is just covered, or by `short_side`,
            and cropped to it: at random in training, else in the center. Without it, videos of
            different sizes make no batch, unless a layer of `augment` makes them equal.
        sampling: By whose rule clips are chosen, see `keras_nonlocal.video.SAMPLING_RULES`.
        speed_jitter: Training clips are cut as if the video played up to this many times faster or
            slower.
        num_clips: How many clips of a video are tested.
        num_crops: How many crops of each of them, spread along the longer side; one is the center.
        flip: Whether the mirror images of these views are tested too.
        mean, std: One value a channel, in the order RGB, for pixels from 0 to 255: the network's
            input is `(pixel - mean) / std`. `None` leaves pixels as they are.
        subtract_mean_frame: Whether clips are reduced to what moves, see
            `keras_nonlocal.video.preprocess`.
        track_motion: Height and width of a crop that moves along with what moves; with
            `subtract_mean_frame`.

    Raises:
        ValueError: A value is out of range, or two contradict each other.

    Example:

    >>> ClipSpec(num_frames=32, frame_stride=2, short_side=(256, 320), size=(224, 224)).span
    63
    """

    num_frames: int = 32
    frame_stride: int = 1
    seconds_between_frames: float | None = None
    short_side: int | tuple[int, int] | None = None
    size: tuple[int, int] | None = None
    sampling: str = "spread"
    speed_jitter: float = 1.0
    num_clips: int = 1
    num_crops: int = 1
    flip: bool = False
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    subtract_mean_frame: bool = False
    track_motion: tuple[int, int] | None = None

    def __post_init__(self):
        clip_span(self.num_frames, self.frame_stride)
        positive_int("num_clips", self.num_clips)
        one_of("sampling", self.sampling, SAMPLING_RULES)
        at_least("speed_jitter", self.speed_jitter, 1)
        if self.size is not None:
            object.__setattr__(self, "size", sizes("size", self.size, 2))
        if positive_int("num_crops", self.num_crops) > 1 and self.size is None:
            raise ValueError("`num_crops` needs the `size` of a crop. Received: size=None")
        self._check_seconds()
        self._check_short_side()
        self._check_preprocessing()

    @property
    def span(self) -> int:
        """Frames of the video from the first frame of a clip to its last."""
        return clip_span(self.num_frames, self.frame_stride)

    @property
    def views(self) -> int:
        """How many views of a video are read when it is tested; mirror images are made of them."""
        return self.num_clips * self.num_crops

    @property
    def preprocessing(self) -> dict[str, Any]:
        """The arguments of `keras_nonlocal.video.preprocess`."""
        return {
            name: getattr(self, name)
            for name in ("mean", "std", "subtract_mean_frame", "track_motion")
        }

    @property
    def input_shape(self) -> tuple[int | None, int | None, int | None, int]:
        """Frames, height, width and channels of the network's input; `None` where it is free."""
        height, width = self.track_motion or self.size or (None, None)
        return (self.num_frames, height, width, 3)

    @property
    def short_sides(self) -> tuple[int, int] | None:
        """The least and the largest short side that is drawn."""
        if self.short_side is None or isinstance(self.short_side, tuple):
            return self.short_side
        return self.short_side, self.short_side

    def random_indices(self, times: np.ndarray, rng: np.random.Generator, fps: float) -> list[int]:
        """The frames of a training clip.

        Args:
            times: When each frame is shown, int64 microseconds from the first.
            rng: Where the draw comes from.
            fps: Frames a second of the video.
        """
        return random_indices(self, times, exact_rate(fps), rng.integers).tolist()

    def spread_indices(self, times: np.ndarray, fps: float) -> list[list[int]]:
        """The frames of each test clip, `num_clips` lists; arguments as for `random_indices`."""
        rate = exact_rate(fps)
        return [spread_indices(self, n, times, rate).tolist() for n in range(self.num_clips)]

    @property
    def step(self) -> int:
        """`seconds_between_frames` in whole microseconds."""
        return round((self.seconds_between_frames or 0) * MICROSECONDS)

    def _check_seconds(self) -> None:
        seconds = self.seconds_between_frames
        if seconds is None:
            return
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not 1 / MICROSECONDS <= seconds <= _LONGEST_STEP:
            raise ValueError(
                "`seconds_between_frames` must be a number from a millionth to a million. "
                f"Received: seconds_between_frames={seconds!r}"
            )
        if self.frame_stride != 1 or self.sampling != "spread" or self.speed_jitter != 1:
            raise ValueError(
                "With `seconds_between_frames`, leave `frame_stride`, `sampling` and "
                "`speed_jitter` at their defaults: they count frames. "
                f"Received: frame_stride={self.frame_stride}, sampling={self.sampling!r}, "
                f"speed_jitter={self.speed_jitter}"
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

    def _check_preprocessing(self) -> None:
        for name in ("flip", "subtract_mean_frame"):
            one_of(name, getattr(self, name), (True, False))
        if (self.mean is None) != (self.std is None):
            raise ValueError(
                "Give both `mean` and `std`, or neither. "
                f"Received: mean={self.mean!r}, std={self.std!r}"
            )
        for name in ("mean", "std"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _channels(name, value))
        if self.std is not None and not all(value > 0 for value in self.std):
            raise ValueError(f"`std` must be positive numbers. Received: std={self.std!r}")
        if self.track_motion is None:
            return
        object.__setattr__(self, "track_motion", sizes("track_motion", self.track_motion, 2))
        if not self.subtract_mean_frame:
            raise ValueError(
                "`track_motion` needs `subtract_mean_frame=True`: it follows what moves."
            )


def _channels(name: str, value: Any) -> tuple[float, ...]:
    numbers = np.asarray(value)
    if numbers.shape != (3,) or numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
        raise ValueError(
            f"`{name}` must be one number for each of three channels. Received: {name}={value!r}"
        )
    return tuple(numbers.tolist())


def a_clip(clip: object) -> ClipSpec:
    """Return `clip` if it is one."""
    if not isinstance(clip, ClipSpec):
        raise ValueError(
            f"`clip` must be a `keras_nonlocal.video.ClipSpec`. Received: clip={clip!r}"
        )
    return clip
