"""How a video becomes the input of a network, in one dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..utils.checks import at_least, one_of, positive_int, sizes
from .sampling.by_index import clip_span
from .sampling.by_time import MICROSECONDS, PAST_END
from .sampling.rules import SAMPLING_RULES, exact_rate, random_indices, spread_indices

PREPROCESSING = ("mean", "std", "subtract_mean_frame", "subtract_previous_frame", "track_motion")
_LARGEST = 1e30  # of `mean`, `std` and `1 / std`, so that float32 inputs do not overflow


@dataclass(frozen=True)
class ClipSpec:
    """How a video becomes the input of a network: which frames, their size, their pixel values.

    Cards, recipes, evaluators and predictors share this class, so that a network gets the same
    inputs everywhere.

    Attributes:
        num_frames: Frames of a clip.
        frame_stride: Distance between two frames of a clip, in frames of the video.
        seconds_between_frames: The distance in seconds instead, for videos with different or
            changing frame rates.
        past_end: What follows the last frame if a clip by seconds is longer than its video:
            `"wrap"` starts the video again, and `"repeat_last"` repeats its last frame. Clips that
            count frames follow their rule of `sampling`.
        short_side: Frames are resized while they are decoded, until their shorter side is this
            many pixels. Two integers are a range; each training clip draws from it.
        size: Height and width. Frames are resized until they just cover it, or by `short_side`,
            and cropped to it: randomly in training, else in the center. Without `size`, videos of
            different sizes cannot be batched, unless a layer of `augment` makes them equal.
        sampling: The rule by which clips are chosen, one of `keras_nonlocal.video.SAMPLING_RULES`.
        speed_jitter: Training clips are sampled as if the video played up to this many times faster
            or slower; 1 is off.
        num_clips: Clips of each video in evaluation.
        num_crops: Crops of each clip in evaluation, spread along the longer side; a single one is
            in the center.
        flip: Whether mirrored views are evaluated too.
        mean, std: One value per channel, RGB, for pixels from 0 to 255: the network's input is
            `(pixel - mean) / std`. `None` leaves pixels as they are.
        subtract_mean_frame: Whether clips are reduced to their motion, see
            `keras_nonlocal.video.preprocess`.
        subtract_previous_frame: Whether each frame becomes its difference from the frame before it,
            see `keras_nonlocal.video.preprocess`.
        track_motion: Height and width of a crop that follows the motion; needs
            `subtract_mean_frame`.

    Raises:
        ValueError: A value is out of range, or two values contradict each other.

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
    subtract_previous_frame: bool = False
    past_end: str = "wrap"

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
        """Views of a video that are read in evaluation; mirrored views are made from them."""
        return self.num_clips * self.num_crops

    @property
    def preprocessing(self) -> dict[str, Any]:
        """The arguments of `keras_nonlocal.video.preprocess`."""
        return {name: getattr(self, name) for name in PREPROCESSING}

    @property
    def input_shape(self) -> tuple[int | None, int | None, int | None, int]:
        """Frames, height, width and channels of the network's input; `None` means any size."""
        height, width = self.track_motion or self.size or (None, None)
        return (self.num_frames, height, width, 3)

    @property
    def short_sides(self) -> tuple[int, int] | None:
        """The smallest and the largest short side."""
        if self.short_side is None or isinstance(self.short_side, tuple):
            return self.short_side
        return self.short_side, self.short_side

    @property
    def step(self) -> int:
        """`seconds_between_frames` in integer microseconds."""
        return round((self.seconds_between_frames or 0) * MICROSECONDS)

    def random_indices(self, times: np.ndarray, rng: np.random.Generator, fps: float) -> list[int]:
        """Selects the frames of a training clip.

        Args:
            times: When each frame is shown, int64 microseconds from the first frame.
            rng: The random number generator.
            fps: Frames per second of the video.

        Returns:
            The frame indices.
        """
        return random_indices(self, times, exact_rate(fps), rng.integers).tolist()

    def spread_indices(self, times: np.ndarray, fps: float) -> list[list[int]]:
        """Selects the frames of each evaluation clip.

        Args:
            times, fps: As in `random_indices`.

        Returns:
            The frame indices of each of `num_clips` clips.
        """
        rate = exact_rate(fps)
        return [spread_indices(self, n, times, rate).tolist() for n in range(self.num_clips)]

    def _check_seconds(self) -> None:
        one_of("past_end", self.past_end, PAST_END)
        if self.seconds_between_frames is None:
            if self.past_end != "wrap":
                raise ValueError(
                    "`past_end` needs `seconds_between_frames`: clips that count frames follow the "
                    f"rule of `sampling`. Received: past_end={self.past_end!r}"
                )
            return
        at_least("seconds_between_frames", self.seconds_between_frames, 1 / MICROSECONDS)
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
                "`short_side` must be an integer, or the smallest and the largest of a range. "
                f"Received: short_side={self.short_side!r}"
            )
        if not isinstance(self.short_side, int):
            object.__setattr__(self, "short_side", (least, largest))

    def _check_preprocessing(self) -> None:
        for name in ("flip", "subtract_mean_frame", "subtract_previous_frame"):
            one_of(name, getattr(self, name), (True, False))
        if self.subtract_mean_frame and self.subtract_previous_frame:
            raise ValueError(
                "Set `subtract_mean_frame` or `subtract_previous_frame`, not both: each makes the "
                "motion from the pixels. Received: True for both"
            )
        if (self.mean is None) != (self.std is None):
            raise ValueError(
                "Give both `mean` and `std`, or neither. "
                f"Received: mean={self.mean!r}, std={self.std!r}"
            )
        for name in ("mean", "std"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _channels(name, value))
        if self.std is not None and not all(value > 1 / _LARGEST for value in self.std):
            raise ValueError(
                f"`std` must be positive numbers above {1 / _LARGEST:g}. Received: std={self.std!r}"
            )
        if self.track_motion is None:
            return
        object.__setattr__(self, "track_motion", sizes("track_motion", self.track_motion, 2))
        if not self.subtract_mean_frame:
            raise ValueError(
                "`track_motion` needs `subtract_mean_frame=True`, which computes the motion. "
                f"Received: track_motion={self.track_motion}, subtract_mean_frame=False"
            )


def _channels(name: str, value: Any) -> tuple[float, ...]:
    numbers = np.asarray(value)
    fits = numbers.shape == (3,) and numbers.dtype.kind in "fiu"
    if not fits or not (np.abs(numbers) < _LARGEST).all():
        raise ValueError(
            f"`{name}` must be one number for each of three channels, less than {_LARGEST:g}. "
            f"Received: {name}={value!r:.200}"
        )
    return tuple(numbers.tolist())


def a_clip(clip: object) -> ClipSpec:
    """Returns `clip` if it is a `ClipSpec`."""
    if not isinstance(clip, ClipSpec):
        raise ValueError(
            f"`clip` must be a `keras_nonlocal.video.ClipSpec`. Received: clip={clip!r}"
        )
    return clip
