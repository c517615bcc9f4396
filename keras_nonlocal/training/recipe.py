"""The settings that determine the result of a training run of any task, apart from the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, get_type_hints

from ..utils.checks import a_seed, any_int, at_least, one_of, positive_int

NON_NEGATIVE = (
    "momentum",
    "weight_decay",
    "warmup",
    "warmup_rate",
    "power",
    "final_rate",
    "precise_bn_batches",
)


@dataclass(frozen=True, kw_only=True)
class BaseRecipe:
    """The settings of a training run, whatever the task; each task adds fields of its own.

    Attributes:
        task: Name of the task, a key of `keras_nonlocal.tasks.TASKS`.
        about: One line that describes the recipe and its source.
        arguments: Arguments of the network's builder, such as `variant`, `blocks` or `dropout`.
        weights: The weights to start from: `None`, `"imagenet"`, the name of a pretrained model, a
            weights file, or the folder of a run. The classifier is initialized if the number of
            classes differs; non-local blocks that the weights lack start as the identity.
        frozen_norms: Whether batch norms keep their statistics, scales and offsets.
        synchronized_norms: Whether batch norms compute their statistics over all replicas.
        precision: Name of the Keras dtype policy.
        epochs, steps: Duration of the training; exactly one of the two must be set. `milestones`
            and `warmup` use the same unit.
        batch_size: Number of examples in a step, on all devices together.
        accumulated_batches: Number of steps whose mean gradient updates the weights once. Durations
            and the learning rate still count all steps.
        optimizer: `"sgd"` or `"adamw"`.
        learning_rate: The highest learning rate.
        momentum, nesterov: Momentum of SGD, and whether it is Nesterov momentum.
        weight_decay: Added to the gradient in SGD, as in the paper; decoupled in AdamW.
        decay_norms: Whether scales and offsets of normalization layers decay, too.
        clip_norm: Largest L2 norm of the gradient of all weights; `None` does not clip.
        schedule: Learning rate schedule: `"constant"`, `"steps"`, half a `"cosine"`, or `"poly"`, a
            power of the remaining share of the duration.
        power, final_rate: For `"poly"`: the exponent, and the learning rate at the end.
        milestones, decay_factor: For `"steps"`: the times when the learning rate is multiplied by
            `decay_factor`.
        warmup, warmup_rate: Duration of a linear warm-up, and the learning rate at its start.
        rescale_momentum: Whether momentum is rescaled when the learning rate changes, as in the
            official code.
        precise_bn_batches: Number of batches over which the statistics of batch norms are
            recomputed before each evaluation and checkpoint; 0 uses the moving averages.
        ema_momentum: Weights are averaged over the steps with this momentum, such as 0.999, and
            the averages are evaluated and saved; 0 does not average.
        seed: Seed of all random choices.

    Raises:
        ValueError: A name is unknown, a value is out of range, or two values contradict each other.

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
    # Duration, optimizer and learning rate
    epochs: int | None = None
    steps: int | None = None
    batch_size: int = 8
    accumulated_batches: int = 1
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 1e-4
    decay_norms: bool = False
    clip_norm: float | None = None
    schedule: Literal["constant", "steps", "cosine", "poly"] = "constant"
    milestones: tuple[float, ...] = ()
    decay_factor: float = 0.1
    power: float = 0.9
    final_rate: float = 0.0
    warmup: float = 0.0
    warmup_rate: float = 0.0
    rescale_momentum: bool = False
    precise_bn_batches: int = 0
    ema_momentum: float = 0.0
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
        positive_int("accumulated_batches", self.accumulated_batches)
        a_seed(self.seed)
        for name in NON_NEGATIVE:
            at_least(name, getattr(self, name), 0)
        for name in ("clip_norm", "learning_rate", "decay_factor"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"`{name}` must be positive. Received: {name}={value!r}")
        self._check_duration()
        below_one("momentum", self.momentum)
        below_one("ema_momentum", at_least("ema_momentum", self.ema_momentum, 0))
        if self.accumulated_batches > 1 and self.clip_norm and self.optimizer == "sgd":
            raise ValueError(
                "`clip_norm` of SGD clips the gradient of each batch, and not their mean, so it "
                f"must be None with `accumulated_batches`. Received: clip_norm={self.clip_norm!r}"
            )
        if self.rescale_momentum and self.optimizer != "sgd":
            raise ValueError(
                "`rescale_momentum` needs `optimizer='sgd'`: only its momentum contains the rate. "
                f"Received: optimizer={self.optimizer!r}"
            )

    @property
    def duration(self) -> int:
        """The duration in epochs or steps, whichever unit the recipe uses."""
        return (self.steps if self.epochs is None else self.epochs) or 0

    def changed(self, **values: Any) -> Self:
        """Returns a copy of the recipe with other values in these fields."""
        return replace(self, **values)

    def _check_duration(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError(
                "Exactly one of `epochs` and `steps` must be set. "
                f"Received: epochs={self.epochs!r}, steps={self.steps!r}"
            )
        unit = "epochs" if self.steps is None else "steps"
        positive_int(unit, self.duration)
        inside = all(0 < time < self.duration for time in self.milestones)
        if list(self.milestones) != sorted(set(self.milestones)) or not inside:
            raise ValueError(
                f"`milestones` must be increasing times between 0 and {self.duration} {unit}. "
                f"Received: milestones={self.milestones!r}"
            )
        if bool(self.milestones) != (self.schedule == "steps"):
            raise ValueError(
                "`milestones` must be set if and only if `schedule` is 'steps'. "
                f"Received: schedule={self.schedule!r}, milestones={self.milestones!r}"
            )
        if not self.warmup < self.duration:
            raise ValueError(
                f"`warmup` must be shorter than {self.duration} {unit}. Set both, as with "
                f"warmup=0. Received: warmup={self.warmup!r}"
            )


def below_one(name: str, value: float) -> float:
    """Returns `value` if it is less than one, else raises a `ValueError`."""
    if value >= 1:
        raise ValueError(f"`{name}` must be less than 1. Received: {name}={value!r}")
    return value
