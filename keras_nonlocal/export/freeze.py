"""Conversion of a network to a graph with constant weights, the fastest form for inference.

The kernels convert the layout of constant weights once, and the layout of variables at each call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from ..weights.assign import check_weights
from .fold_batch_norm import fold_batch_norm


def freeze(
    model: keras.Model, *, constant_weights: bool = True
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Converts a model to a TensorFlow function with constant weights, for inference.

    Batch norms are folded and weights become constants, so later training of the model does not
    change the function. It is traced again for each new input shape. It raises a
    `tf.errors.InvalidArgumentError` for inputs or outputs that are not finite.

    Args:
        model: A functional model with one input. It is not changed.
        constant_weights: Whether the weights become constants. TensorFlow copies constants often:
            they take up to fourteen times the memory of the weights. With `False`, the function
            has variables of its own and takes no more memory than the folded model. It is then
            slower by the time in which the kernels convert the layout of the weights: by 2 % for
            a long clip, and by 44 % for a small network and one short clip.

    Returns:
        A `tf.function` that maps a batch of inputs to the outputs of the model.

    Raises:
        ValueError: `model` is not a built functional model with one input, or a weight is not
            finite.
        RuntimeError: Keras does not run on TensorFlow.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small(classes=10)
    >>> predict = keras_nonlocal.export.freeze(model)
    >>> tuple(predict(np.zeros((1, 8, 64, 64, 3), "float32")).shape)
    (1, 10)
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "`freeze` makes a TensorFlow graph. Received: Keras on "
            f"{keras.backend.backend()!r}. Use `fold_batch_norm` instead."
        )
    folded = fold_batch_norm(model)
    check_weights(folded)  # folding divides by statistics
    if len(folded.inputs) != 1:
        raise ValueError(
            f"A model with one input is expected. Received: {len(folded.inputs)} inputs"
        )
    weights: list[Any] = [folded.trainable_variables, folded.non_trainable_variables]
    if constant_weights:
        weights = [[weight.numpy() for weight in part] for part in weights]

    @tf.function(autograph=False)
    def predict(clips):
        clips = _finite(clips, "The inputs")
        outputs, _ = folded.stateless_call(*weights, clips, training=False)
        return keras.tree.map_structure(lambda output: _finite(output, "The outputs"), outputs)

    return predict


def _finite(tensor, name: str):
    tensor = tf.convert_to_tensor(tensor)
    if not tensor.dtype.is_floating:
        return tensor
    return tf.debugging.check_numerics(tensor, f"{name} of a frozen network must be finite")
