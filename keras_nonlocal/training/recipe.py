"""What decides the outcome of a training run of any task, apart from the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, get_type_hints

from ..utils.checks import any_int, at_least, one_of, positive_int

LEAST = {
    "momentum": 0,
    "weight_decay": 0,
    "warmup": 0,
    "warmup_rate": 0,
    "precise_bn_batches": 0,
    "seed": 0,
}


@dataclass(frozen=True, kw_only=True)
class BaseRecipe:
    """How to train a network, whatever it learns; each task adds fields of its own.

    Attributes:
        task: Name of the task, a key of `keras_nonlocal.tasks.TASKS`.
        about: One line: what this recipe is, and where it comes from.
        arguments: Of the network's builder: `variant`, `blocks`, `dropout` and the like.
        weights: What to start from: `None`, `"imagenet"`, the name of a card, a weights file, or
            the folder of a run. A classifier of other classes, and non-local blocks that the
            weights lack, start anew.
        frozen_norms: Whether batch norms keep their statistics, scales and offsets.
        synchronized_norms: Whether batch norms take their statistics over all replicas.
        precision: Keras's name of the dtype policy.
        epochs, steps: How long: one of the two. All other times are in the same unit.
        batch_size: Examples a step, on all devices together.
        optimizer: `"sgd"` or `"adamw"`.
        learning_rate: At its highest.
        momentum, nesterov: Of SGD.
        weight_decay: In SGD a part of the gradient, as in the paper; in AdamW apart from it.
        decay_norms: Whether it holds for scales and offsets of norms, too.
        clip_norm: The most that the gradient's norm may be, over all weights.
        schedule: Of the learning rate: `"constant"`, `"steps"`, or half a `"cosine"`.
        milestones, decay_factor: Of `"steps"`: when the rate is multiplied, and by what.
        warmup, warmup_rate: How long the rate rises at first, evenly, and from where.
        rescale_momentum: Whether momentum is scaled along when the rate drops, as the official
            code does.
        precise_bn_batches: Over how many batches the statistics of batch norms are averaged
            anew before they are tested or kept; 0 for the moving averages.
        seed: Decides every random choice.

    Raises:
        ValueError: A name is unknown, a number out of range, or two contradict each other.

    Example:

    >>> BaseRecipe(task="mine", epochs=10, schedule="cosine", warmup=2).duration
    10
    """

    task: str
    about: str = ""
    # The network
    arguments: Mapping[str, Any] = field(default_factory=dict)
    weights: str | None = None
    frozen_norms: bool = False
    synchronized_norms: bool = False
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
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
    milestones: tuple[float, ...] = ()
    decay_factor: float = 0.1
    warmup: float = 0.0
    warmup_rate: float = 0.0
    rescale_momentum: bool = False
    precise_bn_batches: int = 0
    seed: int = 0

    def __post_init__(self):
        for name, kind in get_type_hints(type(self)).items():
            if getattr(kind, "__origin__", None) is Literal:
                one_of(name, getattr(self, name), kind.__args__)
            elif kind is bool:
                one_of(name, getattr(self, name), (True, False))
            elif kind is int:
                any_int(name, getattr(self, name))
        positive_int("batch_size", self.batch_size)
        for name, least in LEAST.items():
            at_least(name, getattr(self, name), least)
        for name in ("clip_norm", "learning_rate", "decay_factor"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"`{name}` must be positive. Received: {name}={value!r}")
        self._check_duration()
        below_one("momentum", self.momentum)
        if self.rescale_momentum and self.optimizer != "sgd":
            raise ValueError(
                "`rescale_momentum` needs `optimizer='sgd'`, whose momentum holds the rate. "
                f"Received: optimizer={self.optimizer!r}"
            )

    @property
    def duration(self) -> int:
        """Epochs or steps, whichever the recipe counts in."""
        return (self.steps if self.epochs is None else self.epochs) or 0

    def changed(self, **values: Any) -> Self:
        """The recipe with other values in some fields."""
        return replace(self, **values)

    def _check_duration(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError(
                "One of `epochs` and `steps` must be given, and the other left out. "
                f"Received: epochs={self.epochs!r}, steps={self.steps!r}"
            )
        unit = "epochs" if self.steps is None else "steps"
        positive_int(unit, self.duration)
        inside = all(0 < drop < self.duration for drop in self.milestones)
        if list(self.milestones) != sorted(set(self.milestones)) or not inside:
            raise ValueError(
                f"`milestones` must be rising times between 0 and {self.duration} {unit}. "
                f"Received: milestones={self.milestones!r}"
            )
        if bool(self.milestones) != (self.schedule == "steps"):
            raise ValueError(
                "`milestones` go with `schedule='steps'`, and it with them. "
                f"Received: schedule={self.schedule!r}, milestones={self.milestones!r}"
            )
        if not self.warmup < self.duration:
            raise ValueError(
                f"`warmup` must be shorter than {self.duration} {unit}. Received: {self.warmup!r}"
            )


def below_one(name: str, value: float) -> float:
    """Return `value` if it is less than one."""
    if value >= 1:
        raise ValueError(f"`{name}` must be less than 1. Received: {value!r}")
    return value
