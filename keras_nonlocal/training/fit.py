"""Recipe and videos -> trained model."""

from __future__ import annotations

import os
from collections.abc import Sequence

import keras
import tensorflow as tf

from .. import models
from ..data import Clip, prepare, video_dataset
from .augment import augment, change_speed, frames_to_read
from .recipe import Recipe

Paths = Sequence[str | os.PathLike[str]]


def train(
    recipe: Recipe,
    paths: Paths,
    labels: Sequence[int],
    class_names: Sequence[str],
    *,
    verbose: str | int = "auto",
) -> keras.Model:
    """Trains a new video classifier with `model.fit`.

    The random seeds of Python, NumPy and TensorFlow are set to the recipe's.

    Args:
        recipe: The network, its input, and how to train it.
        paths: Video files.
        labels: The number of each one's class.
        class_names: Of the classes, by number.
        verbose: As in `model.fit`.

    Returns:
        A model of prepared clips (`prepare`), `(B, frames, *size, 3)`, that gives probabilities.

    Example:
        paths, labels, class_names = keras_nonlocal.data.list_folder("actions")
        model = train(read_recipe("recipe.json"), paths, labels, class_names)
        model.save_weights("model.weights.h5")
    """
    _check_labels(labels, len(class_names))
    keras.utils.set_random_seed(recipe.seed)
    model = build(recipe, len(class_names))
    steps = recipe.epochs * -(-len(paths) // recipe.batch_size)
    trainer = keras.Model(model.inputs, model.outputs)  # so that `model` keeps no optimizer
    trainer.compile(
        optimizer=_optimizer(recipe, steps),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    clips = training_clips(recipe, paths, labels, len(class_names))
    trainer.fit(clips, epochs=recipe.epochs, shuffle=False, verbose=verbose)
    return model


def build(recipe: Recipe, classes: int) -> keras.Model:
    """The recipe's network with fresh weights."""
    builder = getattr(models, recipe.builder)
    size = recipe.follow or recipe.size
    return builder(classes=classes, input_shape=(recipe.frames, *size, 3), **recipe.arguments)


def training_clips(
    recipe: Recipe, paths: Paths, labels: Sequence[int], classes: int
) -> tf.data.Dataset:
    """Batches of augmented, prepared clips with one-hot labels: one clip of each video an epoch."""
    videos = video_dataset(
        list(zip(paths, map(int, labels), strict=True)),
        class_names=tuple(map(str, range(classes))),
        clip=Clip(frames_to_read(recipe.frames, recipe.stride, recipe.speed), size=recipe.size),
        batch_size=1,
        training=True,
        seed=recipe.seed,
    )

    def clip(video_and_label, draw):
        video, label = (part[0] for part in video_and_label)
        return _augmented(recipe, video, tf.bitcast(draw, "int32")), tf.one_hot(label, classes)

    draws = tf.data.Dataset.random(seed=recipe.seed + 1, rerandomize_each_iteration=True)
    clips = tf.data.Dataset.zip((videos, draws)).map(clip)
    return clips.batch(recipe.batch_size).prefetch(1)


def _augmented(recipe: Recipe, video, seed):
    speed_seed, flip_seed, seed = tf.unstack(tf.random.split(seed, 3))
    clip = change_speed(video, recipe.frames, recipe.stride, recipe.speed, speed_seed)
    if recipe.flip:
        mirrored = tf.random.stateless_uniform((), flip_seed) < 0.5
        clip = tf.where(mirrored, clip[:, :, ::-1], clip)
    clip = augment(clip, recipe.augmentation, seed)
    return prepare(clip, **recipe.preparation)


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    warmup = max(steps // 20, 1)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 10,
        decay_steps=max(steps - warmup, 1),
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
    return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, global_clipnorm=5.0)


def _check_labels(labels: Sequence[int], classes: int) -> None:
    wrong = sorted({int(label) for label in labels if not 0 <= label < classes})
    if wrong:
        raise ValueError(
            f"`labels` must be numbers of the {classes} `class_names`, from 0. Received: {wrong}"
        )
