"""Layers that mix each clip of a batch with another one, and their labels too."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..utils.checks import positive_int
from .arguments import check_number
from .functional import boxes, mixing
from .functional.draws import beta, for_use, integers, order, uniforms
from .random_base import RandomAugmentation


class _Mixing(RandomAugmentation):
    """Draws a share for each clip and a partner.

    A subclass writes `_mixed(clips, others, shares, seeds)`, which gives mixed clips and the share
    of each that is its own.
    """

    needs_batch = True

    def __init__(
        self, alpha: float, classes: int | None = None, *, seed: int | None = None, **kwargs
    ):
        super().__init__(seed=seed, **kwargs)
        self.alpha = check_number("alpha", alpha, 1e-3, 1e3)
        self.classes = None if classes is None else positive_int("classes", classes)

    def call(self, inputs, training=True):
        if isinstance(inputs, list | tuple) and len(inputs[0].shape) == 4:
            raise ValueError(
                f"{type(self).__name__} mixes the clips of a batch: batch them first. "
                f"Received: one clip of shape {tuple(inputs[0].shape)}"
            )
        return super().call(inputs, training=training)

    def _augment(self, clips, labels, seeds):
        labels = self._soft(labels)
        partners = order(for_use(seeds, 1))
        others = tf.gather(clips, partners)
        mixed, shares = self._mixed(clips, others, beta(seeds, self.alpha), for_use(seeds, 2))
        return mixed, mixing.blend(labels, tf.gather(labels, partners), shares)

    def _deterministic(self, clips, labels):
        return clips, self._soft(labels)

    def _soft(self, labels):
        if labels is None:
            raise ValueError(
                f"{type(self).__name__} mixes labels too: give `(clips, labels)`. "
                "Received: clips alone"
            )
        self._labels_shape(tuple(labels.shape))
        if labels.shape.rank == 1 and not labels.dtype.is_integer:
            raise ValueError(
                "Labels of shape (B,) must be integers, the numbers of classes. "
                f"Received: labels of {labels.dtype.name}"
            )
        return mixing.soft_labels(labels, self.classes)

    def _labels_shape(self, shape):
        if len(shape) == 1 and self.classes is None:
            raise ValueError(
                "Integer labels become rows when they are mixed: say how many `classes` there are. "
                f"Received: classes=None, labels of shape {tuple(shape)}"
            )
        if len(shape) > 1 and shape[-1] not in (self.classes or shape[-1], None):
            raise ValueError(
                f"Labels must be integers (B,), or rows (B, {self.classes}) as `classes` says; "
                "`labels[:, 0]` makes the one of the other where each row is a class number. "
                f"Received: classes={self.classes}, labels of shape {tuple(shape)}"
            )
        return shape if len(shape) > 1 else (*shape, self.classes)

    def _labels_dtype(self, dtype):
        return "float32"

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "classes": self.classes}


@keras.saving.register_keras_serializable("keras_nonlocal")
class MixUp(_Mixing):
    """Blends each clip with another one of its batch, and the labels by the same share.

    Paper: Zhang et al., mixup: Beyond Empirical Risk Minimization (2018).

    Args:
        alpha: The share of a clip is drawn from Beta(alpha, alpha).
        classes: How many there are; needed where labels are integers.
        seed: See `RandomAugmentation`.

    Input shape: clips `(B, T, H, W, C)`, labels `(B,)` or rows `(B, K)`. Labels come out as
        float32 `(B, K)`, without chance too.

    Example:

    >>> clips, labels = np.zeros((4, 8, 32, 32, 3), "uint8"), np.array([0, 1, 2, 0])
    >>> clips, labels = MixUp(0.2, classes=3)((clips, labels))
    >>> labels.shape
    TensorShape([4, 3])
    """

    def __init__(
        self, alpha: float = 0.2, classes: int | None = None, *, seed: int | None = None, **kwargs
    ):
        super().__init__(alpha, classes, seed=seed, **kwargs)

    def _mixed(self, clips, others, shares, seeds):
        return mixing.blend(clips, others, shares), shares


@keras.saving.register_keras_serializable("keras_nonlocal")
class CutMix(_Mixing):
    """Pastes a box of another clip of the batch into each clip, the same box in all frames.

    Labels are mixed by the area that the box covers in the end, as it may be cut off at the edge.

    Paper: Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features (2019).

    Args:
        alpha: The area left over is drawn from Beta(alpha, alpha).
        classes: How many there are; needed where labels are integers.
        seed: See `RandomAugmentation`.

    Input shape: clips `(B, T, H, W, C)`, labels `(B,)` or rows `(B, K)`. Labels come out as
        float32 `(B, K)`, without chance too.

    Example:

    >>> clips, labels = np.zeros((4, 8, 32, 32, 3), "uint8"), np.array([0, 1, 2, 0])
    >>> clips, labels = CutMix(classes=3)((clips, labels))
    """

    def __init__(
        self, alpha: float = 1.0, classes: int | None = None, *, seed: int | None = None, **kwargs
    ):
        super().__init__(alpha, classes, seed=seed, **kwargs)

    def _mixed(self, clips, others, shares, seeds):
        frame = tf.shape(clips)[2:4]
        sides = tf.cast(frame, "float32") * tf.sqrt(1 - shares)[:, None]
        centers = integers(uniforms(seeds, 2), frame)
        pasted = boxes.around(centers, tf.cast(sides, "int32"), frame)
        return mixing.paste(clips, others, pasted), mixing.shares_outside(pasted, frame)
