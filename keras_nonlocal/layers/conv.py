"""3-D convolution with fast gradients that are also right in bfloat16."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonlocal")
class Conv3D(keras.layers.Conv3D):
    """`keras.layers.Conv3D` that is faster in training on TensorFlow.

    The kernels of I3D extend over time or over space, rarely over both. For the gradient of such a
    kernel TensorFlow takes up to five times as long as for the output. Here the gradient is a
    matrix product, or the gradient of a 2-D convolution. Outputs, weights and arguments are the
    same. Kernels over time and space, biases, dilation, groups, float16 and other backends use the
    implementation of Keras.

    In bfloat16 on CPUs, TensorFlow and PyTorch return wrong gradients for a kernel that is longer
    than the clip, such as three taps over two frames. Padding with frames of zeros prevents this.

    Args:
        filters, kernel_size, **kwargs: As in `keras.layers.Conv3D`.

    Example:

    >>> layer = keras_nonlocal.layers.Conv3D(64, (3, 1, 1), padding="same", use_bias=False)
    >>> tuple(layer(keras.random.normal((2, 4, 7, 7, 16)), training=True).shape)
    (2, 4, 7, 7, 64)
    """

    def call(self, inputs, training=None):
        convolve = self._training_convolution(inputs.shape[1]) if training else None
        if convolve is None:
            return super().call(inputs)
        return self.activation(convolve(inputs, ops.cast(self.kernel, inputs.dtype)))

    def _training_convolution(self, frames):
        """Returns a function of input and kernel, or `None` to use the implementation of Keras."""
        taps, *window = self.kernel_size
        plain = {*self.dilation_rate, self.groups} == {1}
        if self.data_format != "channels_last" or self.use_bias or not plain:
            return None
        odd = all(size % 2 for size in self.kernel_size)
        keeps_size = self.padding == "same" and odd and set(self.strides) == {1}
        if keras.backend.backend() == "tensorflow" and self.compute_dtype != "float16":
            if keeps_size and window == [1, 1]:
                return _through_time
            if taps == self.strides[0] == 1:
                return self._over_frames
        short = frames is None or frames < taps
        return _padded if self.compute_dtype == "bfloat16" and keeps_size and short else None

    def _over_frames(self, x, kernel):
        """Convolves the frames as images."""
        batch, frames, *image_shape = ops.shape(x)
        images = ops.reshape(x, (-1, *image_shape))
        window = ops.reshape(kernel, kernel.shape[1:])
        y = ops.conv(images, window, list(self.strides[1:]), self.padding)
        return ops.reshape(y, (batch, frames, *ops.shape(y)[1:]))


def _padded(x, kernel):
    """Convolution of stride 1 and padding `"same"` that pads its input with zeros."""
    edges = [(size // 2, size // 2) for size in kernel.shape[:3]]
    return ops.conv(ops.pad(x, [(0, 0), *edges, (0, 0)]), kernel, padding="valid")


def _through_time(x, kernel):
    """Convolution with a kernel of `(taps, 1, 1)`, stride 1 and padding `"same"`.

    Each tap reads one neighbor in time. So each of the two gradients is one matrix product with the
    upstream gradients of all taps, side by side.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def convolve(x, kernel):
        taps, _, _, channels, filters = kernel.shape

        def gradient(dy):
            dy = _by_tap(dy, taps)
            by_channel = tf.reshape(tf.transpose(kernel[:, 0, 0], (1, 0, 2)), (channels, -1))
            dx = tf.reshape(tf.matmul(dy, by_channel, transpose_b=True), tf.shape(x))
            dkernel = tf.matmul(tf.reshape(x, (-1, channels)), dy, transpose_a=True)
            dkernel = tf.transpose(tf.reshape(dkernel, (channels, taps, filters)), (1, 0, 2))
            return dx, tf.reshape(dkernel, kernel.shape)

        return tf.nn.conv3d(x, kernel, [1] * 5, "SAME"), gradient

    return convolve(x, kernel)


def _by_tap(dy, taps):
    """Upstream gradients that reach each position by tap: `(B, T, H, W, C) -> (BTHW, taps * C)`."""
    reach, frames = taps // 2, ops.shape(dy)[1]
    padded = ops.pad(dy, ((0, 0), (reach, reach), (0, 0), (0, 0), (0, 0))) if reach else dy
    shifted = [padded[:, start : start + frames] for start in reversed(range(taps))]
    return ops.reshape(ops.concatenate(shifted, axis=-1), (-1, taps * dy.shape[-1]))
