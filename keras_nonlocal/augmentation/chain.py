"""Layers one after the other, by seeds alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from .base import ClipAugmentation
from .functional.draws import moved_on


def apply(layers: Sequence[Callable], clips, labels=None, seeds=None):
    """Applies layers in order, each with draws of its own made from the same seeds.

    Args:
        layers: Any of this room, or other functions of a batch of clips.
        clips: `(B, T, H, W, C)`.
        labels: A tensor of `B` labels, or None.
        seeds: int32 `(B, 2)`, one for each clip; None for evaluation, without chance.

    Returns:
        Clips and labels.

    Example:

    >>> from keras_nonlocal.augmentation import Normalise, RandomCrop, RandomFlip
    >>> layers = [RandomCrop(24), RandomFlip(), Normalise()]
    >>> clips, labels = np.zeros((2, 8, 32, 32, 3), "uint8"), np.array([0, 1])
    >>> clips, labels = apply(layers, clips, labels, seeds=np.array([[0, 0], [0, 1]]))
    >>> clips.shape
    TensorShape([2, 8, 24, 24, 3])
    """
    for place, layer in enumerate(layers):
        if not isinstance(layer, ClipAugmentation):
            clips = layer(clips)
        elif seeds is None:
            clips, labels = layer.without_chance(clips, labels)
        else:
            own = moved_on(tf.cast(seeds, "int32"), place)
            clips, labels = layer.augment(clips, labels, own)
            seeds = tf.repeat(seeds, layer.copies, axis=0)
    return clips, labels


def copies(layers: Sequence[Callable]) -> int:
    """How many clips become of one when layers are applied to it.

    >>> from keras_nonlocal.augmentation import CentreCrop, ThreeCrop
    >>> copies([ThreeCrop(24), CentreCrop(16)])
    3
    """
    product = 1
    for layer in layers:
        product *= getattr(layer, "copies", 1)
    return product
