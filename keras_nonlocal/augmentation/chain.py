"""Apply a list of layers to a batch of clips with given seeds."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from functools import partial

import keras
import tensorflow as tf

from .base import ClipAugmentation
from .functional.draws import at_place


def apply(layers: Sequence[Callable], clips, labels=None, seeds=None):
    """Applies layers in order. Each layer derives its own random numbers from the seeds.

    Args:
        layers: Layers of this package, other Keras layers, or functions of a batch of clips.
        clips: `(B, T, H, W, C)`.
        labels: A tensor of `B` labels, or None.
        seeds: int32 `(B, 2)`, one seed for each clip. None applies the layers as in evaluation.

    Returns:
        The changed clips and labels.

    Raises:
        ValueError: A layer does not accept the clips or labels.

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
            layer_seeds = at_place(tf.cast(seeds, "int32"), place)
            clips, labels = layer.augment(clips, labels, layer_seeds)
            seeds = tf.repeat(seeds, layer.copies, axis=0)
    return clips, labels


def flattened(layers: Sequence[Callable]) -> list[Callable]:
    """Replaces each `keras.Sequential` by its layers, so that each layer gets its own seeds."""
    flat = []
    for layer in layers:
        flat += flattened(layer.layers) if isinstance(layer, keras.Sequential) else [layer]
    return flat


def with_training_flag(layer: Callable, training: bool) -> Callable:
    """Sets the `training` argument of a Keras layer that has one; functions stay unchanged."""
    takes_flag = (
        isinstance(layer, keras.layers.Layer)
        and "training" in inspect.signature(layer.call).parameters
    )
    return partial(layer, training=training) if takes_flag else layer


def copies(layers: Sequence[Callable]) -> int:
    """Returns how many output clips the layers make of one input clip.

    >>> from keras_nonlocal.augmentation import CenterCrop, ThreeCrop
    >>> copies([ThreeCrop(24), CenterCrop(16)])
    3
    """
    return math.prod(getattr(layer, "copies", 1) for layer in flattened(layers))
