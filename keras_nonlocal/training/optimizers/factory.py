"""Optimizers of recipes, and SGD with weight decay in the gradient."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import keras
from keras import ops

from ...utils.checks import at_least, one_of
from ..norm_layers import norms
from ..recipe import BaseRecipe
from .adamw import AdamW
from .schedules import Rate

# What Keras averages, over the steps or over the batches of a step.
AVERAGES = ("use_ema", "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps")


def optimizer(recipe: BaseRecipe, rate: Rate, model: keras.Model) -> keras.optimizers.Optimizer:
    """Creates the optimizer of a recipe for a model.

    Scales and offsets of normalization layers do not decay unless `decay_norms` is set; biases do,
    as in the official code. The model is not changed.

    Args:
        recipe: The recipe, with the optimizer and its momentum, weight decay and clipping.
        rate: The learning rate or its schedule, as `learning_rate` returns it.
        model: The built model to train.

    Returns:
        A Keras optimizer.

    Example:

    >>> recipe = BaseRecipe(task="mine", epochs=10)
    >>> model = keras_nonlocal.models.nl_i3d_small(classes=10)
    >>> optimizer(recipe, 0.01, model).weight_decay_in_gradient
    0.0001
    """
    made = _OPTIMIZERS[recipe.optimizer](recipe, rate, model)
    if made.use_ema:  # a run exchanges weights and averages by itself, see `averaged_weights`
        made.finalize_variable_values = lambda variables: None
    return made


@keras.saving.register_keras_serializable("keras_nonlocal")
class CoupledSGD(keras.optimizers.SGD):
    """`keras.optimizers.SGD` with weight decay in the gradient, as in the paper.

    Keras's own `weight_decay` bypasses the momentum. An L2 penalty does not, but it costs a pass
    over the weights and appears in every reported loss.

    The order is that of PyTorch: the gradient is clipped, then `weight_decay * weight` is added.
    With several replicas the norm is that of the gradient of the whole batch, whereas Keras's
    `global_clipnorm` clips the gradient of each replica separately.

    Args:
        learning_rate, momentum, nesterov: As in `keras.optimizers.SGD`.
        weight_decay: Factor by which each weight is added to its gradient.
        no_weight_decay: Paths of variables that do not decay.
        clip_norm: Largest L2 norm of the gradient of all weights, before weight decay is added;
            `None` does not clip.
        name: Name of the optimizer.
        **averages: `use_ema`, `ema_momentum`, `ema_overwrite_frequency` and
            `gradient_accumulation_steps`, as in `keras.optimizers.SGD`.

    Raises:
        ValueError: `weight_decay` is negative, `clip_norm` is not positive, or both `clip_norm` and
            `gradient_accumulation_steps` are given.

    Example:

    >>> sgd = CoupledSGD(0.01, momentum=0.9, weight_decay=1e-4)
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        no_weight_decay: Collection[str] = (),
        clip_norm: float | None = None,
        name: str = "coupled_sgd",
        **averages: Any,
    ):
        for argument in averages:
            one_of("an argument of CoupledSGD", argument, AVERAGES)
        options = {"momentum": momentum, "nesterov": nesterov, "name": name}
        super().__init__(learning_rate, **options, **averages)
        self.weight_decay_in_gradient = at_least("weight_decay", weight_decay, 0)
        self.no_weight_decay = frozenset(no_weight_decay)
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError(f"`clip_norm` must be positive. Received: clip_norm={clip_norm!r}")
        if clip_norm is not None and self.gradient_accumulation_steps:
            raise ValueError(
                "`clip_norm` clips the gradient of each batch, and not their mean, so it must be "
                "None with `gradient_accumulation_steps`. Received: "
                f"clip_norm={clip_norm!r}, "
                f"gradient_accumulation_steps={self.gradient_accumulation_steps!r}"
            )
        self.clip_norm = clip_norm

    def build(self, variables):
        built = list(variables)
        self._built_variables = lambda: built  # Keras would save a list with its own variables
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        variables = (
            self._built_variables() if trainable_variables is None else list(trainable_variables)
        )
        grads, replicas = list(grads), _replicas()
        if self.clip_norm is not None:
            grads = _clipped(grads, self.clip_norm, replicas)
        decay = self.weight_decay_in_gradient / replicas  # Keras sums the gradients of replicas
        pairs = zip(grads, variables, strict=True)
        super().apply([self._with_decay(*pair, decay) for pair in pairs], variables)

    def _with_decay(self, gradient, variable, decay):
        if gradient is None or not decay or variable.path in self.no_weight_decay:
            return gradient
        return gradient + ops.cast(decay, variable.dtype) * variable

    def get_config(self):
        config = super().get_config()
        return {
            **{key: config[key] for key in ("name", "learning_rate", "momentum", "nesterov")},
            **{key: config[key] for key in AVERAGES},
            "weight_decay": self.weight_decay_in_gradient,
            "no_weight_decay": sorted(self.no_weight_decay),
            "clip_norm": self.clip_norm,
        }


def _sgd(recipe: BaseRecipe, rate: Rate, model: keras.Model) -> keras.optimizers.Optimizer:
    return CoupledSGD(
        rate,
        momentum=float(recipe.momentum),
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        no_weight_decay=[variable.path for variable in _no_weight_decay(recipe, model)],
        clip_norm=recipe.clip_norm,
        **_averages(recipe),
    )


def _adamw(recipe: BaseRecipe, rate: Rate, model: keras.Model) -> keras.optimizers.Optimizer:
    # On PyTorch, Keras's own AdamW updates all weights at once.
    optimizer_class = keras.optimizers.AdamW if keras.backend.backend() == "torch" else AdamW
    adamw = optimizer_class(
        rate,
        weight_decay=recipe.weight_decay,
        global_clipnorm=recipe.clip_norm,
        **_averages(recipe),
    )
    adamw.exclude_from_weight_decay(var_list=_no_weight_decay(recipe, model))
    return adamw


_OPTIMIZERS = {"sgd": _sgd, "adamw": _adamw}


def _averages(recipe: BaseRecipe) -> dict[str, Any]:
    """What is averaged, as Keras takes it: the batches of an update, and the weights."""
    accumulated = recipe.accumulated_batches if recipe.accumulated_batches > 1 else None
    averages: dict[str, Any] = {"gradient_accumulation_steps": accumulated}
    if recipe.ema_momentum:
        averages |= {"use_ema": True, "ema_momentum": recipe.ema_momentum}
    return averages


def _no_weight_decay(recipe: BaseRecipe, model: keras.Model) -> list[keras.Variable]:
    """The variables that do not decay by the recipe."""
    if recipe.decay_norms:
        return []
    return [variable for layer in norms(model) for variable in layer.trainable_variables]


def _replicas() -> int:
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def _clipped(gradients: list, clip_norm: float, replicas: int) -> list:
    """Scales gradients so that their sum over the replicas has at most this norm."""
    present = [gradient for gradient in gradients if gradient is not None]
    if replicas > 1:
        import tensorflow as tf

        present = tf.distribute.get_replica_context().all_reduce("SUM", present)
    norm = ops.sqrt(sum(ops.sum(ops.square(ops.cast(each, "float32"))) for each in present))
    factor = ops.minimum(1.0, clip_norm / norm) / replicas
    clipped = iter([each * ops.cast(factor, each.dtype) for each in present])
    return [None if gradient is None else next(clipped) for gradient in gradients]
