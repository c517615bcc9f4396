"""Augmentation layers for pictures, from KerasCV and from Keras, applied to clips."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from .base import ClipAugmentation


def _by_keras(layer, clips):
    """One by one, as some of these layers make one draw for a whole batch."""

    def change(clip):
        drawn = layer.get_random_transformation(clip[:1], training=True)
        return _mapped(lambda frame: layer.transform_images(frame[None], drawn)[0], clip)

    return _mapped(change, clips)


def _by_keras_cv(layer, clips):
    drawn = layer.get_random_transformation_batch(tf.shape(clips)[0], images=clips[:, 0])
    changed = _mapped(
        lambda frame: layer.augment_images(
            frame, transformations=drawn, bounding_boxes=None, labels=None
        ),
        tf.transpose(clips, (1, 0, 2, 3, 4)),
    )
    return tf.transpose(changed, (1, 0, 2, 3, 4))


def _by_keras_cv_one_by_one(layer, clips):
    def change(clip):
        drawn = layer.get_random_transformation(image=clip[0])
        return _mapped(lambda frame: layer.augment_image(frame, transformation=drawn), clip)

    return _mapped(change, clips)


# The method that changes a picture -> how it gets one draw for all frames.
_WAYS: dict[str, Callable] = {
    "transform_images": _by_keras,
    "augment_images": _by_keras_cv,
    "augment_image": _by_keras_cv_one_by_one,
}
# Layers that have such a method and draw again inside of it, mix pictures, or draw sizes.
_UNFIT = (
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
    """Applies an augmentation layer for pictures to clips: one draw a clip, alike in all frames.

    For KerasCV's layers (`pip install "keras_nonlocal[cv]"`), and for `keras.layers.Random*`. The
    draw is made by the layer itself, for the first frames, so it follows the layer's own `seed`,
    not the seeds given to `augment`. Without chance, nothing changes; a layer of Keras is
    called with `training=False`. Means and histograms are those of each frame, as in the layer.

    Args:
        layer: A layer that takes pictures `(B, H, W, 3)` and changes each by itself.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`.

    Raises:
        ValueError: The layer mixes pictures, chooses other layers, or draws in no known way.

    Example:

    >>> layer = FrameWise(keras.layers.RandomRotation(0.1))
    >>> layer(np.zeros((2, 8, 32, 32, 3), "uint8")).shape
    TensorShape([2, 8, 32, 32, 3])
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer
        self._way = _way_of(layer)

    def build(self, input_shape):
        if not self.layer.built:
            self.layer.build(None)
        self.built = True

    def _augment(self, clips, labels, seeds):
        changed = self._way(self.layer, tf.cast(clips, self.layer.compute_dtype))
        return _within(changed, clips.dtype), labels

    def _deterministic(self, clips, labels):
        if self._way is not _by_keras:
            return clips, labels
        changed = _mapped(lambda clip: self.layer(clip, training=False), clips)
        return _within(changed, clips.dtype), labels

    def _shape(self, shape):
        """By tracing, as KerasCV's layers cannot tell."""
        way = tf.function(lambda clips: self._way(self.layer, clips))
        traced = way.get_concrete_function(tf.TensorSpec(shape, self.layer.compute_dtype))
        return tuple(traced.structured_outputs.shape)

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": layer}

    @classmethod
    def from_config(cls, config):
        if "keras_cv" in str(config["layer"].get("registered_name")):
            _import_keras_cv()
        layer = keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})


def _way_of(layer) -> Callable:
    for method, way in _WAYS.items():
        if type(layer).__name__ not in _UNFIT and _written_by(type(layer), method):
            return way
    raise ValueError(
        "`layer` must be a picture layer of Keras or KerasCV that changes each picture by itself. "
        "For others see MixUp, CutMix, RandAugment and RandomColorJitter of "
        f"`keras_nonlocal.augmentation`. Received: layer={layer!r}"
    )


def _written_by(kind: type, method: str) -> bool:
    """Whether a layer has the method and it is not only the stub of KerasCV's base classes."""
    owner = next((each for each in kind.__mro__ if method in vars(each)), None)
    return owner is not None and "BaseImageAugmentation" not in owner.__name__


def _import_keras_cv() -> None:
    try:
        import keras_cv
    except ImportError as error:
        raise ImportError(
            "This layer wraps one of KerasCV, which is not installed. "
            'Install it with: pip install "keras_nonlocal[cv]"'
        ) from error
    del keras_cv  # importing it has registered its layers


def _within(clips, dtype) -> tf.Tensor:
    """As float32, in which they are rounded; bytes stay bytes, where a layer goes beyond them."""
    clips = tf.cast(clips, "float32")
    return tf.clip_by_value(clips, 0.0, 255.0) if dtype == tf.uint8 else clips


def _mapped(change, values):
    """`tf.map_fn` for a function whose shape of result is not known before."""
    first = change(values[0])
    signature = tf.TensorSpec(first.shape, first.dtype)
    return tf.map_fn(change, values, fn_output_signature=signature)
