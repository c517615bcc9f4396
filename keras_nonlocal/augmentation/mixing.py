"""Layers that mix each clip of a batch, and its label, with another clip of the batch."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..utils.checks import positive_int
from .arguments import check_number
from .functional import boxes
from .functional.draws import beta, for_use, integers, order, uniforms
from .random_base import RandomAugmentation


def blend(values, others, shares) -> tf.Tensor:
    """`share * value + (1 - share) * other` in float32: shares `(B,)`, values `(B, ...)`."""
    ones = tf.ones([tf.rank(values) - 1], "int32")
    shares = tf.reshape(shares, tf.concat([tf.shape(shares), ones], 0))
    return shares * tf.cast(values, "float32") + (1 - shares) * tf.cast(others, "float32")


def soft_labels(labels, classes: int | None) -> tf.Tensor:
    """Labels that can be mixed, float32: integers `(B,)` become one-hot, rows `(B, K)` stay."""
    if labels.shape.rank > 1 or classes is None:
        return tf.cast(labels, "float32")
    message = f"Labels must be class indices from 0 to {classes - 1}, as `classes`={classes}."
    valid = tf.reduce_all((labels >= 0) & (labels < classes))
    check = tf.debugging.Assert(valid, [message, labels])
    with tf.control_dependencies([check]):
        return tf.one_hot(labels, classes)


class _Mixing(RandomAugmentation):
    """Base class that draws for each clip another clip, and the share of the first one.

    A subclass implements `_mixed(clips, others, shares, seeds)`. It returns the mixed clips, and
    the share that each clip has in the result.
    """

    needs_batch = True
    _arguments = ("alpha", "classes")

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
        labels = self._soft_labels(labels)
        partners = order(for_use(seeds, 1))
        others = tf.gather(clips, partners)
        mixed, shares = self._mixed(clips, others, beta(seeds, self.alpha), for_use(seeds, 2))
        return mixed, blend(labels, tf.gather(labels, partners), shares)

    def _deterministic(self, clips, labels):
        return clips, self._soft_labels(labels)

    def _soft_labels(self, labels):
        if labels is None:
            raise ValueError(
                f"{type(self).__name__} also mixes labels: give `(clips, labels)`. "
                "Received: clips without labels"
            )
        self._labels_shape(tuple(labels.shape))
        if labels.shape.rank == 1 and not labels.dtype.is_integer:
            raise ValueError(
                "Labels of shape (B,) must be integers, the indices of classes. "
                f"Received: labels of {labels.dtype.name}"
            )
        return soft_labels(labels, self.classes)

    def _labels_shape(self, shape):
        if len(shape) == 1 and self.classes is None:
            raise ValueError(
                "Integer labels become rows when they are mixed: set the number of `classes`. "
                f"Received: classes=None, labels of shape {tuple(shape)}"
            )
        if len(shape) > 1 and shape[-1] not in (self.classes or shape[-1], None):
            raise ValueError(
                f"Labels must be integers (B,), or rows (B, {self.classes}) to match `classes`. If "
                "each row is a class index, `labels[:, 0]` makes integer labels of them. "
                f"Received: classes={self.classes}, labels of shape {tuple(shape)}"
            )
        return shape if len(shape) > 1 else (*shape, self.classes)

    def _labels_dtype(self, dtype):
        return "float32"


@keras.saving.register_keras_serializable("keras_nonlocal")
class MixUp(_Mixing):
    """Blends each clip with another clip of the batch, and the labels in the same proportion.

    Paper: Zhang et al., mixup: Beyond Empirical Risk Minimization (2018).

    Args:
        alpha: The share of the first clip is drawn from Beta(alpha, alpha).
        classes: Number of classes. It is needed if labels are integers.
        seed: As in `RandomAugmentation`.

    Input shape: clips `(B, T, H, W, C)`, labels `(B,)` or rows `(B, K)`. Labels are returned as
        float32 `(B, K)`, in evaluation, too.

    Raises:
        ValueError: An argument is out of range, there are no labels, or they do not match
            `classes`.

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
        return blend(clips, others, shares), shares


@keras.saving.register_keras_serializable("keras_nonlocal")
class CutMix(_Mixing):
    """Pastes a box of another clip of the batch into each clip, the same box in all frames.

    A box at the edge of the frame is cut off. Labels are mixed by the area that remains.

    Paper: Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features (2019).

    Args:
        alpha: The fraction of the area that stays is drawn from Beta(alpha, alpha).
        classes: Number of classes. It is needed if labels are integers.
        seed: As in `RandomAugmentation`.

    Input shape: clips `(B, T, H, W, C)`, labels `(B,)` or rows `(B, K)`. Labels are returned as
        float32 `(B, K)`, in evaluation, too.

    Raises:
        ValueError: As for `MixUp`.

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
        return boxes.paste(clips, others, pasted), boxes.shares_outside(pasted, frame)
