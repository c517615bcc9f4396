"""What all layers for clips have in common: types, shapes, labels."""

from __future__ import annotations

import keras
import tensorflow as tf

from .functional.geometry import cast_rounded
from .inputs import (
    check_rank,
    is_single,
    labels_of,
    refuse_other_tensors,
    split_inputs,
    to_working_dtype,
)


class ClipAugmentation(keras.layers.Layer):
    """Base of layers that change clips: alike in all frames, each clip of a batch in its own way.

    A subclass writes `_deterministic(clips, labels)`, what it does without chance, and where it is
    random `_augment(clips, labels, seeds)`. Both get uint8 or float32 clips `(B, T, H, W, C)`.

    Values are 0..255. Integer clips come out in their type, rounded; float clips in the layer's
    compute dtype. What is computed, is computed in float32.

    Nothing is rewritten by AutoGraph, which took seconds: what depends on values is a `tf.where` or
    a `tf.cond`.

    Call arguments:
        inputs: Clips, `(B, T, H, W, C)` or a single one `(T, H, W, C)`, or `(clips, labels)`; then
            a pair comes back.
        training: False switches chance off: nothing changes, and a random crop is the center.
            Only `fit` and the like set it in a model; anywhere else True is the default.
    """

    needs_batch = False  # whether clips are mixed with others of their batch
    copies = 1  # how many clips become of one
    keeps_integers = True
    _channels: int | None = None  # that it needs, None for any

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_jit = False  # XLA has no resampling of boxes known at run time only

    def __call__(self, inputs, **options):
        check_rank(split_inputs(inputs)[0])
        symbols = any(isinstance(each, keras.KerasTensor) for each in split_inputs(inputs))
        if symbols or keras.backend.backend() == "tensorflow":
            return super().__call__(inputs, **options)
        refuse_other_tensors(inputs)
        return self.call(inputs, **options)

    def call(self, inputs, training=True):
        clips, labels = split_inputs(inputs)
        clips = tf.convert_to_tensor(clips)
        single = is_single(clips.shape)
        if single:
            clips, labels = clips[None], None if labels is None else tf.stack([labels])
        if not (training is None or training):
            clips, labels = self.deterministic(clips, labels)
        else:
            clips, labels = self.augment(clips, labels, self._draw(tf.shape(clips)[0]))
        if single and self.copies == 1:
            clips, labels = clips[0], None if labels is None else labels[0]
        return (clips, labels) if isinstance(inputs, list | tuple) else clips

    @tf.autograph.experimental.do_not_convert
    def augment(self, clips, labels, seeds):
        """Changes clips by seeds alone: the same seed gives a clip the same change in any batch.

        Args:
            clips: `(B, T, H, W, C)`.
            labels: A tensor of `B` labels, or None.
            seeds: int32 `(B, 2)`, one for each clip.

        Returns:
            Clips and labels.
        """
        return self._run(self._augment, clips, labels, tf.cast(seeds, "int32"))

    @tf.autograph.experimental.do_not_convert
    def deterministic(self, clips, labels):
        """What is done where nothing is random, in evaluation: `augment` without seeds."""
        return self._run(self._deterministic, clips, labels)

    def _augment(self, clips, labels, seeds):
        return self._deterministic(clips, labels)

    def _deterministic(self, clips, labels):
        return clips, labels

    def _draw(self, batch):
        return tf.zeros((batch, 2), "int32")  # nothing here is random

    def _run(self, change, clips, labels, *seeds):
        clips = tf.convert_to_tensor(clips)
        self._check_shape(clips.shape)
        labels = None if labels is None else labels_of(clips, labels)
        changed, labels = change(to_working_dtype(clips), labels, *seeds)
        return cast_rounded(changed, self._output_dtype(clips.dtype)), labels

    def _check_shape(self, shape):
        if is_single(shape):
            raise ValueError(
                "`augment` and `deterministic` take a batch of clips; call the layer for one. "
                f"Received: clips of shape {tuple(shape)}"
            )
        if self._channels not in (None, shape[-1]):
            raise ValueError(
                f"{type(self).__name__} needs clips of {self._channels} channels, RGB. "
                f"Received: clips of shape {tuple(shape)}"
            )

    def _output_dtype(self, dtype):
        dtype = tf.as_dtype(dtype)
        return (
            dtype if dtype.is_integer and self.keeps_integers else tf.as_dtype(self.compute_dtype)
        )

    def compute_output_shape(self, input_shape):
        if input_shape and isinstance(input_shape[0], list | tuple):
            clips, labels = input_shape
            return self.compute_output_shape(clips), self._shape_of_labels(clips, tuple(labels))
        if not is_single(input_shape):
            return self._shape(tuple(input_shape))
        shape = self._shape((1, *input_shape))
        return shape if self.copies > 1 else shape[1:]

    def compute_output_spec(self, inputs, training=True):
        clips, labels = split_inputs(inputs)
        dtype = self._output_dtype(clips.dtype).name
        spec = keras.KerasTensor(self.compute_output_shape(clips.shape), dtype=dtype)
        if labels is None:
            return spec
        shape = self._shape_of_labels(clips.shape, tuple(labels.shape))
        return spec, keras.KerasTensor(shape, dtype=self._labels_dtype(labels.dtype))

    def _shape_of_labels(self, clips, labels):
        if not is_single(clips):
            return self._labels_shape(labels)
        shape = self._labels_shape((1, *labels))
        return shape if self.copies > 1 else shape[1:]

    def _shape(self, shape):
        """The shape of a batch that comes out."""
        return shape

    def _labels_shape(self, shape):
        return shape

    def _labels_dtype(self, dtype):
        return dtype
