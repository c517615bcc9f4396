"""How much each position of a block speaks for the answer of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..surgery.rebuild import nested_layers
from ..utils.roles import LOGITS
from .recording import BlockCall, as_inputs, find_block, first_call, recorded

KEYPOINT_LOGITS = "keypoint_logits"


def class_evidence(
    model: keras.Model, inputs: Any, block: str | None = None, *, label: int | None = None
) -> np.ndarray:
    """Computes how much what a block adds at each position speaks for a class.

    It is the gradient of the logit of the class, times what the block adds to its input, summed
    over the channels. A positive value speaks for the class, a negative value against it. The sum
    over all positions is, to first order, by how much the block raises the logit.

    - A classifier is asked for its top class in each sample.
    - A network for segmentation is asked for the top class of each pixel, and the logits are added.
    - A network for keypoints is asked for the peak of each keypoint, and the logits are added.

    A model without a layer `logits` is asked for its outputs. From outputs that are probabilities
    of one class among several, the log odds of the class are taken.

    Args:
        model: A functional model with a non-local block. TensorFlow must be the backend.
        inputs: A batch, as the model takes it: an array, or a dictionary of these.
        block: Name of the block. The default is the first block.
        label: Index of the class. The default is the top class.

    Returns:
        float32 `(B, *grid)`. In the head of a detection network, B counts regions.

    Raises:
        ValueError: The block does not exist, the model has neither logits of classes nor
            keypoints, or the backend is not TensorFlow.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small()
    >>> clips = np.zeros((1, 32, 64, 64, 3), "float32")
    >>> keras_nonlocal.explain.class_evidence(model, clips).shape
    (1, 4, 8, 8)
    """
    return evidence_of_call(*record_with_gradient(model, inputs, block, label))


def evidence_of_call(call: BlockCall, gradient: Any) -> np.ndarray:
    """The product of the gradient and of what the block adds, summed over the channels."""
    branch = keras.ops.cast(call.output - call.x, "float32")
    product = keras.ops.sum(branch * keras.ops.cast(gradient, "float32"), axis=-1)
    return keras.ops.convert_to_numpy(product)


def record_with_gradient(
    model: keras.Model, inputs: Any, block: str | None, label: int | None = None
) -> tuple[BlockCall, Any]:
    """Runs the model, and returns the call of a block and the gradient of the answer to it."""
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "The evidence of a class needs gradients of TensorFlow. Choose positions by 'motion', "
            f"or set KERAS_BACKEND=tensorflow. Received: {keras.backend.backend()!r}"
        )
    import tensorflow as tf

    name, layer = find_block(model, block)
    tape = tf.GradientTape(watch_accessed_variables=False)
    with tape, recorded(layer, tape.watch) as calls:
        score = _score(model, as_inputs(inputs), label)
    call = first_call(name, layer, calls)
    gradient = tape.gradient(score, call.output, unconnected_gradients="zero")
    return call, gradient


def _score(model: keras.Model, inputs: Any, label: int | None) -> Any:
    """The sum of the logits of the answers."""
    ops = keras.ops
    layers = {name.rsplit("/", 1)[-1]: layer for name, layer in nested_layers(model)}
    if KEYPOINT_LOGITS in layers:
        with recorded(layers[KEYPOINT_LOGITS]) as calls:
            model(inputs, training=False)
        return ops.sum(ops.max(calls[0][2], axis=(1, 2)))
    if LOGITS not in layers:
        return ops.sum(_of_class(_log_odds(_classes(model, model(inputs, training=False))), label))
    with recorded(layers[LOGITS]) as calls:
        outputs = _classes(model, model(inputs, training=False))
    logits = calls[0][2]
    if len(outputs.shape) > 2:  # a class for each pixel
        return ops.sum(_of_class(logits, label))
    logits = ops.mean(ops.reshape(logits, (logits.shape[0], -1, logits.shape[-1])), axis=1)
    top = ops.argmax(outputs, axis=-1) if label is None else [label] * logits.shape[0]
    return ops.sum(logits * ops.one_hot(top, logits.shape[-1], dtype=logits.dtype))


def _classes(model: keras.Model, outputs: Any) -> Any:
    """The output that holds a number for each class."""
    if isinstance(outputs, Mapping):
        outputs = outputs.get(LOGITS)
    if outputs is None or isinstance(outputs, list | tuple) or len(outputs.shape) < 2:
        raise ValueError(
            f"{model.name!r} must have one output of classes (B, ..., classes), or keypoints, for "
            "the evidence of an answer. Choose positions by 'motion', or on the grid."
        )
    return outputs


def _of_class(logits: Any, label: int | None) -> Any:
    return keras.ops.max(logits, axis=-1) if label is None else logits[..., label]


def _log_odds(outputs: Any) -> Any:
    """`log(p / (1 - p))` if the outputs are probabilities of classes, and the outputs if not.

    `1 - p` is summed from the other classes: in float32, it would be zero for a sure answer.
    """
    ops = keras.ops
    values = ops.convert_to_numpy(outputs)
    if (values < 0).any() or not np.allclose(values.sum(axis=-1), 1, atol=1e-3):
        return outputs
    logs = ops.log(ops.maximum(outputs, 1e-30))
    others = ops.where(ops.eye(logs.shape[-1], dtype="bool"), -1e30, logs[..., None, :])
    return logs - ops.logsumexp(others, axis=-1)
