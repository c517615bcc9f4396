"""How a video becomes the input of a network, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..utils.checks import at_least, one_of, positive_int, sizes
from .sampling.by_index import clip_span
from .sampling.by_time import MICROSECONDS
from .sampling.rules import SCHEMES, exact_rate, random_indices, spread_indices

_LONGEST_STEP = 1e6  # seconds


@dataclass(frozen=True)
class ClipSpec:
    """How a video becomes an input: which frames, of which size, and which numbers.

    Cards, recipes, evaluators, predictors and exported bundles all say it by this one class.

    Attributes:
        frames: Frames of a clip.
        stride: Their distance in the video, in frames.
        seconds: Their distance in seconds instead, for videos of different or changing frame rates.
        short_side: Frames are scaled while they are decoded until their shorter side is this; two
            numbers are the ends of a range to draw from for each training clip.
        size: Height and width. Frames are scaled until this is just covered, or by `short_side`,
            and cropped to it: at random in training, else in the centre. Without it, videos of
            different sizes make no batch, unless a layer of `augment` makes them equal.
        sampling: By whose rule clips are chosen, see `keras_nonlocal.video.SCHEMES`.
        speed: Training clips are cut as if the video played up to this many times faster or slower.
        clips: How many clips of a video are tested.
        crops: How many crops of each of them, spread along the longer side; one is the centre.
        flip: Whether the mirror images of these views are tested too.
        mean, std: One value a channel, in the order RGB, for pixels from 0 to 255: the network's
            input is `(pixel - mean) / std`. `None` leaves pixels as they are.
        motion_only: Whether clips are reduced to what moves, see `keras_nonlocal.video.prepare`.
        follow: Height and width of a crop that moves along with what moves; with `motion_only`.

    Raises:
        ValueError: A value is out of range, or two contradict each other.

    Example:

    >>> ClipSpec(frames=32, stride=2, short_side=(256, 320), size=(224, 224)).span
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
    flip: bool = False
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    motion_only: bool = False
    follow: tuple[int, int] | None = None

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
        self._check_preparation()

    @property
    def span(self) -> int:
        """Frames of the video from the first frame of a clip to its last."""
        return clip_span(self.frames, self.stride)

    @property
    def views(self) -> int:
        """How many views of a video are read when it is tested; mirror images are made of them."""
        return self.clips * self.crops

    @property
    def preparation(self) -> dict[str, Any]:
        """The arguments of `keras_nonlocal.video.prepare`."""
        return {name: getattr(self, name) for name in ("mean", "std", "motion_only", "follow")}

    @property
    def input_shape(self) -> tuple[int | None, int | None, int | None, int]:
        """Frames, height, width and channels of the network's input; `None` where it is free."""
        height, width = self.follow or self.size or (None, None)
        return (self.frames, height, width, 3)

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
        """The frames of each test clip, `clips` lists; arguments as for `random_indices`."""
        rate = exact_rate(fps)
        return [spread_indices(self, n, times, rate).tolist() for n in range(self.clips)]

    @property
    def step(self) -> int:
        """`seconds` in whole microseconds."""
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

    def _check_preparation(self) -> None:
        for name in ("flip", "motion_only"):
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
        if self.follow is None:
            return
        object.__setattr__(self, "follow", sizes("follow", self.follow, 2))
        if not self.motion_only:
            raise ValueError("`follow` needs `motion_only=True`: it follows what moves.")


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
