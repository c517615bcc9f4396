"""What decides the outcome of a training run, apart from the videos."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_type_hints

from .. import augmentation as layers
from ..data import Clip
from ..models.families import FAMILIES
from ..validation import any_int, at_least, one_of, positive_int, sizes

# Bases, a layer that takes another one, which JSON cannot hold, and one for tests.
NOT_BY_NAME = ("ClipAugmentation", "RandomAugmentation", "FrameWise", "ThreeCrop")
AUGMENTATIONS = tuple(
    name
    for name, value in vars(layers).items()
    if isinstance(value, type) and name not in NOT_BY_NAME
)


@dataclass(frozen=True)
class Recipe:
    """How to train one video classifier.

    Attributes:
        builder: Name of a builder of `keras_nonlocal.models`, such as `"nl_i3d_small"`.
        frames, stride: Frames of a clip, and their distance in the video.
        size: Height and width of a clip as it is read; `None` for whole frames, which a layer of
            `augmentation` then crops.
        about: One line: what this recipe is, and where it comes from.
        arguments: Of the builder: `variant`, `blocks`, `dropout` and the like.
        weights: What to start from: `None`, `"imagenet"`, the name of a card, or a weights file. A
            classifier of other classes, and non-local blocks that it lacks, start anew.
        frozen_norms: Whether batch norms keep their statistics, scales and offsets.
        synchronized_norms: Whether batch norms take their statistics over all replicas.
        precision: Keras's name of the dtype policy.
        short_side: As in `keras_nonlocal.data.Clip`; a range is the paper's scale jitter.
        sampling: By whose rule clips are chosen, see `keras_nonlocal.data.SCHEMES`.
        speed: A video plays up to this many times faster or slower.
        augmentation: Layers of `keras_nonlocal.augmentation`, in order: `{"layer": "RandomFlip"}`,
            with further arguments by name.
        mean, std: One value a channel: clips become `(pixel - mean) / std`.
        motion_only: Whether clips are reduced to what moves, see `keras_nonlocal.data.prepare`.
        follow: Height and width of a crop that moves along with what moves, or `None`.
        multi_label: Whether a video may show several classes: sigmoids instead of a softmax.
        label_smoothing: The part of each label that is spread over all classes.
        epochs, steps: How long: one of the two. All other times are in the same unit.
        batch_size: Clips a step, on all devices together.
        optimizer: `"sgd"` or `"adamw"`.
        learning_rate: At its highest.
        momentum, nesterov: Of SGD.
        weight_decay: In SGD a part of the gradient, as in the paper; in AdamW apart from it.
        decay_norms: Whether it holds for scales and offsets of norms, too.
        clip_norm: The most that the gradient's norm may be, over all weights.
        schedule: Of the learning rate: `"constant"`, `"steps"`, or half a `"cosine"`.
        drops, drop_factor: Of `"steps"`: when the rate is multiplied, and by what.
        warmup, warmup_rate: How long the rate rises at first, evenly, and from where.
        rescale_momentum: Whether momentum is scaled along when the rate drops, as the official
            code does.
        precise_norm_batches: Over how many batches the statistics of batch norms are averaged
            anew before they are tested or kept; 0 for the moving averages.
        seed: Decides every random choice.
        test_short_side, test_size: Of clips that are tested; those of training if `None`, and of a
            range of short sides the least.
        test_clips, test_crops: A video's probabilities are the mean over so many clips, spread
            over it, and so many crops of each.
        test_flip: Whether their mirror images are averaged too.

    Raises:
        ValueError: A name is unknown, a number out of range, or two contradict each other.

    Example:

    >>> recipe = Recipe("nl_i3d_small", frames=8, stride=4, size=(56, 56), epochs=10, batch_size=8)
    >>> recipe.learning_rate
    0.01
    """

    builder: str
    frames: int
    stride: int
    size: tuple[int, int] | None
    about: str = ""
    # The network
    arguments: Mapping[str, Any] = field(default_factory=dict)
    weights: str | None = None
    frozen_norms: bool = False
    synchronized_norms: bool = False
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    # Clips
    short_side: int | tuple[int, int] | None = None
    sampling: str = "spread"
    speed: float = 1.0
    augmentation: tuple[Mapping[str, Any], ...] = ()
    mean: tuple[float, float, float] = (114.75, 114.75, 114.75)
    std: tuple[float, float, float] = (57.375, 57.375, 57.375)
    motion_only: bool = False
    follow: tuple[int, int] | None = None
    # What is learned
    multi_label: bool = False
    label_smoothing: float = 0.0
    # How long, and how fast
    epochs: int | None = None
    steps: int | None = None
    batch_size: int = 8
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 1e-4
    decay_norms: bool = False
    clip_norm: float | None = None
    schedule: Literal["constant", "steps", "cosine"] = "constant"
    drops: tuple[float, ...] = ()
    drop_factor: float = 0.1
    warmup: float = 0.0
    warmup_rate: float = 0.0
    rescale_momentum: bool = False
    precise_norm_batches: int = 0
    seed: int = 0
    # Testing
    test_short_side: int | None = None
    test_size: tuple[int, int] | None = None
    test_clips: int = 10
    test_crops: int = 1
    test_flip: bool = False

    def __post_init__(self):
        one_of("builder", self.builder, FAMILIES)
        for name, kind in get_type_hints(Recipe).items():
            if getattr(kind, "__origin__", None) is Literal:
                one_of(name, getattr(self, name), kind.__args__)
            elif kind is bool:
                one_of(name, getattr(self, name), (True, False))
            elif kind is int:
                any_int(name, getattr(self, name))
        positive_int("batch_size", self.batch_size)
        for name, least in LEAST.items():
            at_least(name, getattr(self, name), least)
        for name in ("clip_norm", "learning_rate", "drop_factor"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"`{name}` must be positive. Received: {name}={value!r}")
        self._check_duration()
        self._check_preparation()
        for name in ("label_smoothing", "momentum"):
            if getattr(self, name) >= 1:
                raise ValueError(f"`{name}` must be less than 1. Received: {getattr(self, name)!r}")
        if self.rescale_momentum and self.optimizer != "sgd":
            raise ValueError(
                "`rescale_momentum` needs `optimizer='sgd'`, whose momentum holds the rate. "
                f"Received: optimizer={self.optimizer!r}"
            )
        self.layers()
        _ = self.training_clip, self.testing_clip

    @property
    def duration(self) -> int:
        """Epochs or steps, whichever the recipe counts in."""
        return (self.steps if self.epochs is None else self.epochs) or 0

    @property
    def preparation(self) -> dict[str, Any]:
        """The arguments of `keras_nonlocal.data.prepare`."""
        return {name: getattr(self, name) for name in ("mean", "std", "motion_only", "follow")}

    @property
    def training_clip(self) -> Clip:
        """How clips are cut for training."""
        return Clip(
            self.frames,
            self.stride,
            short_side=self.short_side,
            size=self.size,
            sampling=self.sampling,
            speed=self.speed,
        )

    @property
    def testing_clip(self) -> Clip:
        """How clips are cut for testing."""
        return Clip(
            self.frames,
            self.stride,
            short_side=self.test_short_side or self.short_side,
            size=self.test_size or self.size,
            sampling=self.sampling,
            clips=self.test_clips,
            crops=self.test_crops,
        )

    def changed(self, **values: Any) -> Recipe:
        """The recipe with other values in some fields."""
        return replace(self, **values)

    def layers(self) -> list[layers.ClipAugmentation]:
        """New layers of `augmentation`."""
        return [_layer(index, given) for index, given in enumerate(self.augmentation)]

    def _check_duration(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError(
                "One of `epochs` and `steps` must be given, and the other left out. "
                f"Received: epochs={self.epochs!r}, steps={self.steps!r}"
            )
        unit = "epochs" if self.steps is None else "steps"
        positive_int(unit, self.duration)
        inside = all(0 < drop < self.duration for drop in self.drops)
        if list(self.drops) != sorted(set(self.drops)) or not inside:
            raise ValueError(
                f"`drops` must be rising times between 0 and {self.duration} {unit}. "
                f"Received: drops={self.drops!r}"
            )
        if bool(self.drops) != (self.schedule == "steps"):
            raise ValueError(
                "`drops` go with `schedule='steps'`, and it with them. "
                f"Received: schedule={self.schedule!r}, drops={self.drops!r}"
            )
        if not self.warmup < self.duration:
            raise ValueError(
                f"`warmup` must be shorter than {self.duration} {unit}. Received: {self.warmup!r}"
            )

    def _check_preparation(self) -> None:
        for name in ("mean", "std"):
            if len(getattr(self, name)) != 3:
                raise ValueError(
                    f"`{name}` must be one number for each of three channels. "
                    f"Received: {name}={getattr(self, name)!r}"
                )
        if not all(value > 0 for value in self.std):
            raise ValueError(f"`std` must be positive numbers. Received: std={self.std!r}")
        if self.follow is None:
            return
        sizes("follow", self.follow, 2)
        if not self.motion_only:
            raise ValueError("`follow` needs `motion_only=True`: it follows what moves.")


LEAST = {
    "speed": 1,
    "label_smoothing": 0,
    "momentum": 0,
    "weight_decay": 0,
    "warmup": 0,
    "warmup_rate": 0,
    "precise_norm_batches": 0,
    "seed": 0,
}


def _layer(index: int, given: Mapping[str, Any]) -> layers.ClipAugmentation:
    if not isinstance(given, Mapping):
        raise ValueError(
            f"`augmentation[{index}]` must be a mapping such as {{'layer': 'RandomFlip'}}. "
            f"Received: {given!r}"
        )
    arguments = dict(given)
    name = one_of(f"augmentation[{index}].layer", arguments.pop("layer", None), AUGMENTATIONS)
    try:
        return getattr(layers, name)(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`augmentation[{index}]`, {name}: {error}") from error
