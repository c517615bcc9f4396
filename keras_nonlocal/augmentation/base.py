"""Base class of all layers that augment clips: it handles types, shapes, labels and seeds."""

from __future__ import annotations

import keras
import tensorflow as tf

from .functional.geometry import cast_rounded
from .inputs import (
    is_single,
    labels_of,
    refuse_other_tensors,
    split_inputs,
    to_working_dtype,
)


class ClipAugmentation(keras.layers.Layer):
    """Base class of layers that augment clips.

    Each clip of a batch is changed in its own way, and all frames of a clip in the same way. A
    subclass implements `_deterministic(clips, labels)`, which is used in evaluation. If the layer
    is random, the subclass also implements `_augment(clips, labels, seeds)`. Both methods get uint8
    or float32 clips `(B, T, H, W, C)`. `_arguments` names the constructor arguments that
    `get_config` returns.

    Pixel values range from 0 to 255. Integer clips are returned in the same dtype, rounded. Float
    clips are returned in the layer's compute dtype. All computation is in float32.

    AutoGraph does not rewrite these methods, because that took seconds. Conditions on tensor values
    are therefore written as `tf.where` or `tf.cond`.

    Args:
        **kwargs: As in `keras.layers.Layer`, such as `name` and `dtype`.

    Call arguments:
        inputs: Clips `(B, T, H, W, C)`, one clip `(T, H, W, C)`, or a pair `(clips, labels)`. If
            the input is a pair, the output is a pair, too.
        training: If False, nothing is random: most layers return the clips unchanged, and a random
            crop becomes a center crop. The default is True, except inside a model, where Keras sets
            it.

    Raises:
        ValueError: The clips have a wrong rank or a wrong number of channels, or there is not one
            label for each clip.

    Example:

    >>> class Darken(keras_nonlocal.augmentation.ClipAugmentation):
    ...     def _deterministic(self, clips, labels):
    ...         return clips // 2, labels
    >>> Darken()(np.full((1, 1, 1, 3), 100, "uint8")).numpy().ravel().tolist()
    [50, 50, 50]
    """

    needs_batch = False  # whether the layer mixes different clips of a batch
    copies = 1  # number of output clips for each input clip
    keeps_integers = True  # whether integer clips are returned as integers
    _channels: int | None = None  # required number of channels; None accepts any number
    _arguments: tuple[str, ...] = ()  # constructor arguments that are stored under the same name

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_jit = (
            False  # XLA cannot resample boxes of a size that is known only at run time
        )

    def __call__(self, inputs, **options):
        clips, _ = split_inputs(inputs)
        if tf.is_tensor(clips) and clips.shape.rank is None:
            is_single(clips.shape)  # raises a clearer error than Keras
        symbolic = any(isinstance(each, keras.KerasTensor) for each in split_inputs(inputs))
        if symbolic or keras.backend.backend() == "tensorflow":
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
            clips, labels = self.augment(clips, labels, self._draw_seeds(tf.shape(clips)[0]))
        if single and self.copies == 1:
            clips, labels = clips[0], None if labels is None else labels[0]
        return (clips, labels) if isinstance(inputs, list | tuple) else clips

    @tf.autograph.experimental.do_not_convert
    def augment(self, clips, labels, seeds):
        """Augments a batch with given seeds.

        The result depends on the seeds alone: a clip with the same seed is changed in the same way
        in any batch.

        Args:
            clips: `(B, T, H, W, C)`.
            labels: A tensor of `B` labels, or None.
            seeds: int32 `(B, 2)`, one seed for each clip.

        Returns:
            The changed clips and labels.

        Raises:
            ValueError: As for the call of the layer.
        """
        return self._run(self._augment, clips, labels, tf.cast(seeds, "int32"))

    @tf.autograph.experimental.do_not_convert
    def deterministic(self, clips, labels):
        """Applies the layer as in evaluation, where nothing is random.

        Args:
            clips, labels: As in `augment`.

        Returns:
            The changed clips and labels.

        Raises:
            ValueError: As for the call of the layer.
        """
        return self._run(self._deterministic, clips, labels)

    def _augment(self, clips, labels, seeds):
        return self._deterministic(clips, labels)

    def _deterministic(self, clips, labels):
        return clips, labels

    def _draw_seeds(self, batch):
        return tf.zeros((batch, 2), "int32")  # a layer that is not random ignores its seeds

    def _run(self, function, clips, labels, *seeds):
        clips = tf.convert_to_tensor(clips)
        self._check_shape(clips.shape)
        labels = None if labels is None else labels_of(clips, labels)
        changed, labels = function(to_working_dtype(clips), labels, *seeds)
        return cast_rounded(changed, self._output_dtype(clips.dtype)), labels

    def _check_shape(self, shape):
        if is_single(shape):
            raise ValueError(
                "`augment` and `deterministic` take a batch of clips; call the layer for one clip. "
                f"Received: clips of shape {tuple(shape)}"
            )
        if self._channels not in (None, shape[-1]):
            raise ValueError(
                f"{type(self).__name__} needs clips with {self._channels} channels, RGB. "
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
            return self.compute_output_shape(clips), self._output_shape(
                self._labels_shape, labels, is_single(clips)
            )
        return self._output_shape(self._shape, input_shape, is_single(input_shape))

    def compute_output_spec(self, inputs, training=True):
        clips, labels = split_inputs(inputs)
        dtype = self._output_dtype(clips.dtype).name
        if labels is None:
            return keras.KerasTensor(self.compute_output_shape(clips.shape), dtype=dtype)
        shape, labels_shape = self.compute_output_shape((clips.shape, labels.shape))
        labels_dtype = self._labels_dtype(labels.dtype)
        return keras.KerasTensor(shape, dtype), keras.KerasTensor(labels_shape, labels_dtype)

    def _output_shape(self, shape_of_batch, shape, single):
        if not single:
            return shape_of_batch(tuple(shape))
        shape = shape_of_batch((1, *shape))
        return shape if self.copies > 1 else shape[1:]

    def _shape(self, shape):
        """The output shape for a batch of clips of this shape."""
        return shape

    def _labels_shape(self, shape):
        return shape

    def _labels_dtype(self, dtype):
        return dtype

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in self._arguments}}
