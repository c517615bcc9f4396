"""Loss, metrics and optimizer of a recipe."""

from __future__ import annotations

import keras

from .optimizers import optimizer
from .recipe import Recipe

TOP5_FROM = 6  # classes from which on the five likeliest tell something


def compile_by(recipe: Recipe, trainer: keras.Model, steps_per_epoch: int) -> None:
    """Compiles a network that ends in logits, as `keras.Model.compile` does.

    One class a clip: cross-entropy after a softmax, `clip_top1` and `clip_top5`. Several classes:
    the mean of binary cross-entropies.
    """
    losses = keras.losses
    loss_of = losses.BinaryCrossentropy if recipe.multi_label else losses.CategoricalCrossentropy
    trainer.compile(
        optimizer=optimizer(recipe, steps_per_epoch, trainer),
        loss=loss_of(from_logits=True, label_smoothing=recipe.label_smoothing),
        metrics=[] if recipe.multi_label else _metrics(trainer.output_shape[-1]),
    )
    trainer.optimizer.build(trainer.trainable_variables)  # on every worker alike


def _metrics(classes: int) -> list[keras.metrics.Metric]:
    top1 = keras.metrics.CategoricalAccuracy(name="clip_top1")
    top5 = keras.metrics.TopKCategoricalAccuracy(5, name="clip_top5")
    return [top1, top5] if classes >= TOP5_FROM else [top1]
