"""The file of requests that TensorFlow Serving replays before it answers others.

The messages are those of `tensorflow_serving.apis`, written field by field, so that its package is
not needed. Source: `prediction_log.proto` and `predict.proto` of TensorFlow Serving.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

FILE = Path("assets.extra") / "tf_serving_warmup_requests"
MOST_RECORDS = 1000  # that the server reads
# Numbers of fields.
_PREDICT_LOG, _REQUEST, _MODEL, _INPUTS, _NAME, _SIGNATURE, _KEY, _VALUE = 6, 1, 1, 2, 1, 3, 1, 2


def write_warm_up(
    path: Path, model: str, requests: Iterable[tuple[str, Mapping[str, np.ndarray]]]
) -> None:
    """Writes requests, each with the name of its signature, as the server reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests:
            writer.write(prediction_log(model, signature, inputs))


def prediction_log(model: str, signature: str, inputs: Mapping[str, np.ndarray]) -> bytes:
    """Returns a serialized `PredictionLog` of one request; inputs are in the order of names."""
    named = _field(_NAME, model.encode()) + _field(_SIGNATURE, signature.encode())
    request = _field(_MODEL, named)
    for name in sorted(inputs):
        tensor = tf.make_tensor_proto(inputs[name]).SerializeToString(deterministic=True)
        request += _field(_INPUTS, _field(_KEY, name.encode()) + _field(_VALUE, tensor))
    return _field(_PREDICT_LOG, _field(_REQUEST, request))


def _field(number: int, content: bytes) -> bytes:
    """A field that holds bytes or a message: its number and type, its length, its content."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits in each byte, the lowest ones first; the highest bit says that more follow."""
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)
