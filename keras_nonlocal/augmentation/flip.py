"""Random horizontal flips."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from .arguments import check_number
from .functional.draws import uniforms
from .functional.geometry import mirror
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomFlip(RandomAugmentation):
    """Randomly mirrors clips left to right, all frames of a clip or none.

    Args:
        p: Probability of mirroring a clip.
        veto: Indices of classes that are never mirrored, because their mirror image belongs to
            another class, such as "pushing something from left to right". It needs labels.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Labels are integers `(B,)`, or rows `(B, K)`
        in which each class with a value above zero counts.

    Raises:
        ValueError: An argument is out of range, or `veto` is given and the clips come without
            labels, or with rows of too few classes.

    Example:

    >>> clips, labels = np.zeros((2, 8, 32, 32, 3), "uint8"), np.array([0, 1])
    >>> clips, labels = RandomFlip(veto=[1])((clips, labels))
    """

    _arguments = ("p", "veto")

    def __init__(
        self, p: float = 0.5, veto: Sequence[int] = (), *, seed: int | None = None, **kwargs
    ):
        super().__init__(seed=seed, **kwargs)
        self.p = check_number("p", p, 0, 1)
        is_list = isinstance(veto, list | tuple)
        if not is_list or any(not isinstance(index, int) or index < 0 for index in veto):
            raise ValueError(f"`veto` must be a list of class indices. Received: veto={veto!r}")
        self.veto = tuple(veto)

    def _augment(self, clips, labels, seeds):
        chosen = uniforms(seeds, 1)[:, 0] < self.p
        return mirror(clips, chosen & ~self._vetoed(labels) if self.veto else chosen), labels

    def _vetoed(self, labels):
        if labels is None:
            raise ValueError(
                "`veto` needs the classes of the clips: give `(clips, labels)`. "
                f"Received: clips without labels, with veto={self.veto!r}"
            )
        width = None if labels.shape.rank == 1 else labels.shape[1]
        if width is not None and width <= max(1, *self.veto):
            raise ValueError(
                f"`veto` needs integer labels (B,), or rows (B, K) of more than {max(self.veto)} "
                "classes. If each row is a class index, `labels[:, 0]` makes integer labels of "
                f"them. Received: veto={self.veto!r}, labels of shape {tuple(labels.shape)}"
            )
        if labels.shape.rank == 1:
            return tf.reduce_any(tf.cast(labels[:, None], "int32") == list(self.veto), axis=1)
        vetoed = tf.gather(labels, list(self.veto), axis=1)
        return tf.reduce_any(tf.cast(vetoed, "float32") > 0, axis=1)
