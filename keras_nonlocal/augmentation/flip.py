"""Random horizontal flips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
            a class that is not among them. It needs labels.
        pairs: Pairs of classes that are each other's mirror image, such as "pushing something from
            left to right" and "from right to left". The label of a clip that is mirrored becomes
            the other one of its pair. It needs labels.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Labels are integers `(B,)`, or rows `(B, K)`
        in which each class with a value above zero counts.

    Raises:
        ValueError: An argument is out of range, a class is named twice, or `veto` or `pairs` are
            given and the clips come without labels, or with rows of too few classes.

    Example:

    >>> clips, labels = np.zeros((2, 8, 32, 32, 3), "uint8"), np.array([0, 1])
    >>> clips, labels = RandomFlip(p=1.0, pairs=[(0, 1)])((clips, labels))
    >>> labels.numpy().tolist()
    [1, 0]
    """

    _arguments = ("p", "veto", "pairs")

    def __init__(
        self,
        p: float = 0.5,
        veto: Sequence[int] = (),
        pairs: Sequence[Sequence[int]] = (),
        *,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.p = check_number("p", p, 0, 1)
        if not _are_classes(veto):
            raise ValueError(f"`veto` must be a list of class indices. Received: veto={veto!r}")
        is_list = isinstance(pairs, list | tuple)
        if not is_list or not all(_are_classes(pair) and len(pair) == 2 for pair in pairs):
            raise ValueError(
                f"`pairs` must be a list of pairs of class indices. Received: pairs={pairs!r}"
            )
        self.veto, self.pairs = tuple(veto), tuple(map(tuple, pairs))
        self._named = [*self.veto, *(index for pair in self.pairs for index in pair)]
        paired = self._named[len(self.veto) :]
        if len(set(paired)) < len(paired) or set(paired) & set(self.veto):
            raise ValueError(
                "A class can be in one pair, and not in `veto`, too. "
                f"Received: veto={veto!r}, pairs={pairs!r}"
            )

    def _augment(self, clips, labels, seeds):
        chosen = uniforms(seeds, 1)[:, 0] < self.p
        if self._named:
            self._check_labels(labels)
        if self.veto:
            chosen &= ~self._vetoed(labels)
        return mirror(clips, chosen), self._exchanged(labels, chosen) if self.pairs else labels

    def _check_labels(self, labels):
        given = f"veto={self.veto!r}, pairs={self.pairs!r}"
        if labels is None:
            raise ValueError(
                "`veto` and `pairs` need the classes of the clips: give `(clips, labels)`. "
                f"Received: clips without labels, with {given}"
            )
        width = None if labels.shape.rank == 1 else labels.shape[1]
        if width is not None and width <= max(1, *self._named):
            raise ValueError(
                f"`veto` and `pairs` need integer labels (B,), or rows (B, K) of more than "
                f"{max(self._named)} classes. If each row is a class index, `labels[:, 0]` makes "
                f"integer labels of them. Received: {given}, labels of shape {tuple(labels.shape)}"
            )

    def _exchanged(self, labels, chosen):
        """The labels, with those of mirrored clips exchanged within their pairs."""
        if labels.shape.rank == 1:
            return tf.where(chosen, self._other(labels), labels)
        columns = self._other(tf.range(tf.shape(labels)[1]))
        return tf.where(chosen[:, None], tf.gather(labels, columns, axis=1), labels)

    def _other(self, classes):
        """The other class of each pair; classes without a pair stay."""
        others = classes
        for left, right in self.pairs:
            others = tf.where(classes == left, tf.cast(right, classes.dtype), others)
            others = tf.where(classes == right, tf.cast(left, classes.dtype), others)
        return others

    def _vetoed(self, labels):
        if labels.shape.rank == 1:
            return tf.reduce_any(tf.cast(labels[:, None], "int32") == list(self.veto), axis=1)
        vetoed = tf.gather(labels, list(self.veto), axis=1)
        return tf.reduce_any(tf.cast(vetoed, "float32") > 0, axis=1)


def _are_classes(indices: Any) -> bool:
    is_list = isinstance(indices, list | tuple)
    return is_list and all(isinstance(index, int) and index >= 0 for index in indices)
