"""Layers one after the other, by seeds alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial

import keras
import tensorflow as tf

from .base import ClipAugmentation
from .functional.draws import at_place


def apply(layers: Sequence[Callable], clips, labels=None, seeds=None):
    """Applies layers in order, each with draws of its own made from the same seeds.

    Args:
        layers: Any of this room, other layers of Keras, or functions of a batch of clips.
        clips: `(B, T, H, W, C)`.
        labels: A tensor of `B` labels, or None.
        seeds: int32 `(B, 2)`, one for each clip; None for evaluation, without chance.

    Returns:
        Clips and labels.

    Example:

    >>> from keras_nonlocal.augmentation import Normalization, RandomCrop, RandomFlip
    >>> layers = [RandomCrop(24), RandomFlip(), Normalization()]
    >>> clips, labels = np.zeros((2, 8, 32, 32, 3), "uint8"), np.array([0, 1])
    >>> clips, labels = apply(layers, clips, labels, seeds=np.array([[0, 0], [0, 1]]))
    >>> clips.shape
    TensorShape([2, 8, 24, 24, 3])
    """
    for place, layer in enumerate(flattened(layers)):
        if not isinstance(layer, ClipAugmentation):
            clips = with_training_flag(layer, seeds is not None)(clips)
        elif seeds is None:
            clips, labels = layer.deterministic(clips, labels)
        else:
            own = at_place(tf.cast(seeds, "int32"), place)
            clips, labels = layer.augment(clips, labels, own)
            seeds = tf.repeat(seeds, layer.copies, axis=0)
    return clips, labels


def flattened(layers: Sequence[Callable]) -> list[Callable]:
    """Layers one by one, those of a `keras.Sequential` too: each gets seeds of its own."""
    flat = []
    for layer in layers:
        flat += flattened(layer.layers) if isinstance(layer, keras.Sequential) else [layer]
    return flat


def with_training_flag(layer: Callable, training: bool) -> Callable:
    """A layer of Keras that knows whether it trains; a function does the same in both."""
    takes = (
        isinstance(layer, keras.layers.Layer)
        and "training" in inspect.signature(layer.call).parameters
    )
    return partial(layer, training=training) if takes else layer


def copies(layers: Sequence[Callable]) -> int:
    """How many clips become of one when layers are applied to it.

    >>> from keras_nonlocal.augmentation import CenterCrop, ThreeCrop
    >>> copies([ThreeCrop(24), CenterCrop(16)])
    3
    """
    product = 1
    for layer in flattened(layers):
        product *= getattr(layer, "copies", 1)
    return product
