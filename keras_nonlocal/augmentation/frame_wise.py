"""Image augmentation layers of Keras and KerasCV, applied to clips."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import keras
import tensorflow as tf

from .base import ClipAugmentation


def _transform_images(layer, clips):
    """Applies a layer of Keras clip by clip, as some layers draw once for a whole batch."""

    def transform(clip):
        transformation = layer.get_random_transformation(clip[:1], training=True)
        return _map(lambda frame: layer.transform_images(frame[None], transformation)[0], clip)

    return _map(transform, clips)


def _augment_images(layer, clips):
    """Applies a layer of KerasCV that changes whole batches."""
    drawn = layer.get_random_transformation_batch(tf.shape(clips)[0], images=clips[:, 0])
    changed = _map(
        lambda images: layer.augment_images(
            images, transformations=drawn, bounding_boxes=None, labels=None
        ),
        tf.transpose(clips, (1, 0, 2, 3, 4)),
    )
    return tf.transpose(changed, (1, 0, 2, 3, 4))


def _augment_image(layer, clips):
    """Applies a layer of KerasCV that changes single images."""

    def transform(clip):
        transformation = layer.get_random_transformation(image=clip[0])
        return _map(lambda frame: layer.augment_image(frame, transformation=transformation), clip)

    return _map(transform, clips)


# Maps the method by which a layer changes images to the function that gives all frames one draw.
_TRANSFORMS: dict[str, Callable] = {
    "transform_images": _transform_images,
    "augment_images": _augment_images,
    "augment_image": _augment_image,
}
# These layers have such a method, but draw again inside it, mix images, or draw output sizes.
_UNSUPPORTED = (
    "AugMix",
    "CutMix",
    "MixUp",
    "Mosaic",
    "RandomAspectRatio",
    "RandomColorJitter",
    "RandomElasticTransform",
)


@keras.saving.register_keras_serializable("keras_nonlocal")
class FrameWise(ClipAugmentation):
    """Applies an image augmentation layer to clips, with one random draw for each clip.

    It works with the layers of KerasCV (`pip install "keras_nonlocal[cv]"`) and with
    `keras.layers.Random*`. The layer itself makes the draw, for the first frame of each clip. So
    the draw depends on the layer's own `seed`, and not on the seeds given to `augment`. In
    evaluation nothing changes, except that a layer of Keras is called with `training=False`. Means
    and histograms are computed for each frame, as the layer does.

    Args:
        layer: A layer that takes images `(B, H, W, 3)` and changes each image by itself.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`.

    Raises:
        ValueError: The layer mixes images, chooses other layers, or draws in an unknown way.
        ImportError: A stored layer is of KerasCV, which is not installed.

    Example:

    >>> layer = FrameWise(keras.layers.RandomRotation(0.1))
    >>> layer(np.zeros((2, 8, 32, 32, 3), "uint8")).shape
    TensorShape([2, 8, 32, 32, 3])
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer
        self._transform = _transform_of(layer)

    def build(self, input_shape):
        if not self.layer.built:
            self.layer.build(None)
        self.built = True

    def _augment(self, clips, labels, seeds):
        changed = self._transform(self.layer, tf.cast(clips, self.layer.compute_dtype))
        return _clipped(changed, clips.dtype), labels

    def _deterministic(self, clips, labels):
        if self._transform is not _transform_images:
            return clips, labels
        changed = _map(lambda clip: self.layer(clip, training=False), clips)
        return _clipped(changed, clips.dtype), labels

    def _shape(self, shape):
        """Traces the layer, as layers of KerasCV do not compute their output shape."""
        function = tf.function(lambda clips: self._transform(self.layer, clips))
        traced = function.get_concrete_function(tf.TensorSpec(shape, self.layer.compute_dtype))
        return tuple(traced.structured_outputs.shape)

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": layer}

    @classmethod
    def from_config(cls, config):
        if "keras_cv" in str(config["layer"].get("registered_name")):
            try:
                importlib.import_module("keras_cv")  # registers its layers
            except ImportError as error:
                raise ImportError(
                    "This layer wraps a layer of KerasCV, which is not installed. "
                    'Install it with: pip install "keras_nonlocal[cv]"'
                ) from error
        layer = keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})


def _transform_of(layer) -> Callable:
    for method, function in _TRANSFORMS.items():
        if type(layer).__name__ not in _UNSUPPORTED and _implements(type(layer), method):
            return function
    raise ValueError(
        "`layer` must be an image layer of Keras or KerasCV that changes each image by itself. "
        "For other changes use MixUp, CutMix, RandAugment and RandomColorJitter of "
        f"`keras_nonlocal.augmentation`. Received: layer={layer!r}"
    )


def _implements(kind: type, method: str) -> bool:
    """Whether a layer has the method, and not only the stub of KerasCV's base classes."""
    owner = next((each for each in kind.__mro__ if method in vars(each)), None)
    return owner is not None and "BaseImageAugmentation" not in owner.__name__


def _clipped(clips, dtype) -> tf.Tensor:
    """Casts to float32, in which clips are rounded, and clips uint8 values to 0..255."""
    clips = tf.cast(clips, "float32")
    return tf.clip_by_value(clips, 0.0, 255.0) if dtype == tf.uint8 else clips


def _map(function, values):
    """`tf.map_fn` for a function with an output shape that is not known in advance."""
    first = function(values[0])
    signature = tf.TensorSpec(first.shape, first.dtype)
    return tf.map_fn(function, values, fn_output_signature=signature)
