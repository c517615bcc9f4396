"""Views through a network, as many at a time as fit into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from ...cost.memory import inference_bytes
from ...video.clip_spec import ClipSpec
from ...video.preprocessing import preprocess

MOST_VIEWS = 64  # more at a time are not faster, and make results late
# Fields of layers that are numbered by process, or say how they begin and are trained.
_PASSING = {"name", "seed", "trainable"}
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")


class TracedNetwork:
    """A model with the preparation of its input, from pixels to probabilities.

    It is traced once, for any number of views, and where frames have no fixed size, for any size:
    that was as fast as a function for each (ResNet-50, 8 frames of 160 x 208: 0.27 s both), and
    each would take 3 s and 30 MB. Under other backends TensorFlow prepares the views, and Keras
    predicts.

    Args:
        model: A functional model of prepared clips.
        clip: How views become its input.
        memory: Bytes that views may take in the network.
    """

    def __init__(
        self,
        model: keras.Model,
        clip: ClipSpec,
        memory: int,
    ):
        self.model, self._clip, self._memory = model, clip, memory
        shape = (clip.num_frames, *(clip.size or (None, None)), 3)
        self._function = tf.function(
            self._run,
            input_signature=[tf.TensorSpec((None, *shape), "uint8")],
            autograph=False,
        )
        self._bytes: dict[tuple[int, ...], int] = {}

    def chunk(self, shape: tuple[int, ...]) -> int:
        """How many views of a shape fit into memory; at least one."""
        if shape not in self._bytes:
            frames, height, width, channels = shape
            height, width = self._clip.track_motion or (height, width)
            entry = (frames, height, width, channels)
            self._bytes[shape] = inference_bytes(self.model, entry)
        return min(max(self._memory // self._bytes[shape], 1), MOST_VIEWS)

    def __call__(self, views: np.ndarray) -> np.ndarray:
        """Probabilities `(views, classes)` of uint8 views `(views, T, H, W, 3)`, all at once."""
        found = self._function(views).numpy()
        if keras.backend.backend() == "tensorflow":
            return found
        return np.asarray(self.model.predict_on_batch(found), "float32")

    def _run(self, views):
        inputs = preprocess(views, **self._clip.preprocessing)
        if keras.backend.backend() != "tensorflow":
            return inputs
        return tf.cast(self.model(inputs, training=False), "float32")


def digest(model: keras.Model) -> str:
    """A SHA-256 of a model's layers and weights, by which two runs know that they test the same."""
    seen = hashlib.sha256()
    for layer in _layers(model):
        kind = type(layer).__name__, layer.dtype_policy.name
        seen.update(f"{kind} {_lasting(_config(layer))}".encode())
    for weight in model.weights:
        values = np.ascontiguousarray(keras.ops.convert_to_numpy(weight))
        seen.update(f"{values.dtype} {values.shape}".encode())
        seen.update(values.tobytes())
    return seen.hexdigest()


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Its layers, and those of models among them."""
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else [layer]


def _config(layer: keras.Layer):
    try:
        return layer.get_config()
    except NotImplementedError:  # by Keras, for a user's layer without it: weights tell such apart
        return {}


def _lasting(config):
    """What of a configuration is the same in another process, and matters to a trained layer."""
    if isinstance(config, Mapping):
        return {
            name: _lasting(value)
            for name, value in sorted(config.items())
            if name not in _PASSING and not name.endswith(_OF_TRAINING)
        }
    return [_lasting(value) for value in config] if isinstance(config, list | tuple) else config
