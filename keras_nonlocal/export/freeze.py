"""A network as one graph that holds its weights as constants: the fastest it answers.

A library of kernels lays out constant weights once; variables it lays out at every call.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from .fold_batch_norm import fold_batch_norm


def freeze(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes a function of clips that answers as the model does now, for inference on TensorFlow.

    Batch norms are folded and weights become constants, so later training does not change it.
    It is traced anew for each shape of input.

    Args:
        model: A functional model of one input. It is not changed.

    Returns:
        A `tf.function`, from a batch of inputs to what the model gives for them.

    Raises:
        ValueError: `model` is not a built functional model of one input.
        RuntimeError: Keras does not run on TensorFlow.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small(classes=10)
    >>> answer = keras_nonlocal.export.freeze(model)
    >>> tuple(answer(np.zeros((1, 8, 64, 64, 3), "float32")).shape)
    (1, 10)
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "`freeze` makes a TensorFlow graph. Received: Keras on "
            f"{keras.backend.backend()!r}. Use `fold_batch_norm` instead."
        )
    folded = fold_batch_norm(model)
    if len(folded.inputs) != 1:
        raise ValueError(
            f"A model of one input is expected. Received: {model.name!r} of {len(folded.inputs)}"
        )
    trained = [weight.numpy() for weight in folded.trainable_variables]
    others = [weight.numpy() for weight in folded.non_trainable_variables]

    @tf.function(autograph=False)
    def answer(clips):
        outputs, _ = folded.stateless_call(trained, others, clips, training=False)
        return outputs

    return answer
