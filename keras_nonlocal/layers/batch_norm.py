"""Batch normalization with TensorFlow's fused kernel."""

from __future__ import annotations

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonlocal")
class BatchNorm(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` that is several times faster in training on TensorFlow.

    Keras computes the mean, the variance and both of their gradients in a dozen passes over the
    features. The fused kernel takes two passes forward and two backward. Results, weights and
    arguments are the same. Other backends, masks, channels that are not last, synchronized
    statistics and layers without scale or center use the implementation of Keras.

    Args:
        momentum, epsilon, **kwargs: As in `keras.layers.BatchNormalization`.

    Example:

    >>> layer = keras_nonlocal.layers.BatchNorm(momentum=0.9, epsilon=1e-5)
    >>> tuple(layer(keras.random.normal((2, 4, 7, 7, 16)), training=True).shape)
    (2, 4, 7, 7, 16)
    """

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable and mask is None and self._has_kernel(inputs)):
            return super().call(inputs, training=training, mask=mask)
        y, mean, variance = self._fused(inputs)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            old = ops.cast(moving, "float32")
            moving.assign(ops.cast(old + (batch - old) * (1 - self.momentum), moving.dtype))
        return y

    def _has_kernel(self, inputs):
        return (
            keras.backend.backend() == "tensorflow"
            and self.compute_dtype in ("float32", "bfloat16", "float16")
            and len(inputs.shape) > 2
            and self.axis in (-1, len(inputs.shape) - 1)
            and self.scale
            and self.center
            and not self.synchronized
        )

    def _fused(self, inputs):
        """Returns the output, the batch mean and the biased batch variance."""
        import tensorflow as tf

        inputs = tf.cast(inputs, self.compute_dtype)
        shape = ops.shape(inputs)
        images = ops.reshape(inputs, (-1, *shape[-3:]))  # frames become images of the batch
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=images,
            scale=tf.cast(self.gamma, "float32"),
            offset=tf.cast(self.beta, "float32"),
            mean=(),
            variance=(),
            epsilon=self.epsilon,
            is_training=True,
        )
        count = ops.cast(math.prod(shape[:-1]), "float32")
        biased = variance - variance / count  # the kernel divides by count - 1
        return ops.reshape(y, shape), mean, biased
