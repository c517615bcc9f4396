"""A network that takes batches of views, as large as its memory allows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from ...cost.memory import inference_bytes
from ...video.clip_spec import ClipSpec
from ...video.preprocessing import preprocess

MAX_VIEWS = 64  # larger batches are not faster, and delay the results
# Fields of a layer's configuration that differ between processes, or matter only in training.
_IGNORED_FIELDS = {"name", "seed", "trainable"}
_IGNORED_SUFFIXES = ("_initializer", "_regularizer", "_constraint")


class TracedNetwork:
    """A model with its preprocessing, from pixels to probabilities.

    It is traced once, for any number of views, and for any size if frames have no fixed size. This
    is as fast as one function for each size (ResNet-50, 8 frames of 160 x 208: 0.27 s for both),
    each of which would need 3 s and 30 MB. On other backends TensorFlow preprocesses the views,
    and Keras predicts.

    Args:
        model: A functional model from preprocessed clips to probabilities.
        clip: How views become the input of the model.
        memory: Number of bytes that the features of a batch may use.
    """

    def __init__(self, model: keras.Model, clip: ClipSpec, memory: int):
        self.model, self._clip, self._memory = model, clip, memory
        shape = (clip.num_frames, *(clip.size or (None, None)), 3)
        self._function = tf.function(
            self._run, input_signature=[tf.TensorSpec((None, *shape), "uint8")], autograph=False
        )
        self._bytes: dict[tuple[int, ...], int] = {}

    def batch_size(self, shape: tuple[int, ...]) -> int:
        """Returns how many views of this shape fit into memory, at least one."""
        if shape not in self._bytes:
            frames, height, width, channels = shape
            height, width = self._clip.track_motion or (height, width)
            self._bytes[shape] = inference_bytes(self.model, (frames, height, width, channels))
        return min(max(self._memory // self._bytes[shape], 1), MAX_VIEWS)

    def __call__(self, views: np.ndarray) -> np.ndarray:
        """Returns the probabilities `(views, classes)` of uint8 views `(views, T, H, W, 3)`."""
        outputs = self._function(views).numpy()
        if keras.backend.backend() == "tensorflow":
            return outputs
        return np.asarray(self.model.predict_on_batch(outputs), "float32")

    def _run(self, views):
        inputs = preprocess(views, **self._clip.preprocessing)
        if keras.backend.backend() != "tensorflow":
            return inputs
        return tf.cast(self.model(inputs, training=False), "float32")


def digest(model: keras.Model) -> str:
    """Returns a SHA-256 of the layers and weights of a model, which is the same in any process."""
    sha256 = hashlib.sha256()
    for layer in _layers(model):
        kind = type(layer).__name__, layer.dtype_policy.name
        sha256.update(f"{kind} {_comparable(_config(layer))}".encode())
    for weight in model.weights:
        values = np.ascontiguousarray(keras.ops.convert_to_numpy(weight))
        sha256.update(f"{values.dtype} {values.shape}".encode())
        sha256.update(values.tobytes())
    return sha256.hexdigest()


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """All layers, including those of nested models."""
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else [layer]


def _config(layer: keras.Layer):
    try:
        return layer.get_config()
    except NotImplementedError:  # a user's layer does not define it, so only its weights count
        return {}


def _comparable(config):
    """The part of a configuration that is the same in any process and matters for inference."""
    if isinstance(config, Mapping):
        return {
            name: _comparable(value)
            for name, value in sorted(config.items())
            if name not in _IGNORED_FIELDS and not name.endswith(_IGNORED_SUFFIXES)
        }
    return [_comparable(value) for value in config] if isinstance(config, list | tuple) else config
