"""Mirror images."""

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
    """Mirrors a clip left to right, all its frames or none.

    Args:
        p: Of each clip to be mirrored.
        veto: Numbers of classes whose clips are never mirrored, as their mirror image belongs to
            another class, such as "pushing something from left to right". It needs labels.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`; labels integers `(B,)`, or rows `(B, K)`
        where each class above zero counts.

    Raises:
        ValueError: `veto` is given, and clips come without labels.

    Example:

    >>> clips, labels = np.zeros((2, 8, 32, 32, 3), "uint8"), np.array([0, 1])
    >>> clips, labels = RandomFlip(veto=[1])((clips, labels))
    """

    def __init__(
        self, p: float = 0.5, veto: Sequence[int] = (), *, seed: int | None = None, **kwargs
    ):
        super().__init__(seed=seed, **kwargs)
        self.p = check_number("p", p, 0, 1)
        self.veto = _class_numbers(veto)

    def _augment(self, clips, labels, seeds):
        chosen = uniforms(seeds, 1)[:, 0] < self.p
        return mirror(clips, chosen & ~self._vetoed(labels) if self.veto else chosen), labels

    def _vetoed(self, labels):
        if labels is None:
            raise ValueError(
                "`veto` needs to know the classes of clips: give `(clips, labels)`. "
                f"Received: clips alone, with veto={self.veto!r}"
            )
        width = None if labels.shape.rank == 1 else labels.shape[1]
        if width is not None and width <= max(1, *self.veto):
            raise ValueError(
                f"`veto` needs integer labels (B,), or rows (B, K) of more than {max(self.veto)} "
                "classes; `labels[:, 0]` makes the one of the other where each row is a class "
                f"number. Received: veto={self.veto!r}, labels of shape {tuple(labels.shape)}"
            )
        if labels.shape.rank == 1:
            return tf.reduce_any(tf.cast(labels[:, None], "int32") == list(self.veto), axis=1)
        shown = tf.gather(labels, list(self.veto), axis=1)
        return tf.reduce_any(tf.cast(shown, "float32") > 0, axis=1)

    def get_config(self):
        return {**super().get_config(), "p": self.p, "veto": self.veto}


def _class_numbers(veto) -> tuple[int, ...]:
    listed = isinstance(veto, list | tuple)
    if not listed or any(not isinstance(one, int) or one < 0 for one in veto):
        raise ValueError(f"`veto` must be a list of class numbers. Received: veto={veto!r}")
    return tuple(veto)
