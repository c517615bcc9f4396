"""Labels of whole images: windows, scales and mirror images are averaged; labels come in strips.

Source: the test modes `whole` and `slide` of MMSegmentation.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from ...augmentation.normalization import normalized
from ...images.image_spec import ImageSpec
from ...ops.resize import resize_axis, source_places
from ...utils.compat import output_of
from ...utils.roles import LOGITS
from ...weights.assign import check_weights

STRIP_BYTES = 64 * 2**20  # of logits at the size of the image that exist at once


class ImageLabeler:
    """Labels images of any size by a segmentation network.

    Args:
        model: The network, from normalized images to logits or a dictionary with `"logits"`.
        spec: How images become inputs, and how they are tested.

    Raises:
        ValueError: A weight is not finite, or the model is not a network for segmentation.
    """

    def __init__(self, model: keras.Model, spec: ImageSpec):
        self.model, self.spec = model, spec
        check_weights(model)
        resize = model.get_layer(f"{LOGITS}_resize")
        self.classes, self._align_corners = resize.output.shape[-1], resize.align_corners
        network = keras.Model(model.input, output_of(model, LOGITS))
        signature = [tf.TensorSpec((1, None, None, 3), tf.float32)]

        @tf.function(input_signature=signature, autograph=False)
        def maps(pixels):
            logits = network(pixels, training=False)
            return tf.debugging.check_numerics(logits, f"The logits of {model.name!r}")

        self._maps = maps

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Returns the labels, uint8 `(H, W)`, of an image, uint8 `(H, W, 3)`."""
        size = image.shape[:2]
        labels = np.empty(size, "uint8")
        views = list(self._views(image))
        rows = max(int(STRIP_BYTES // (4 * self.classes * size[1])), 1)
        for start in range(0, size[0], rows):
            stop = min(start + rows, size[0])
            strips = [self._strip(view, size, start, stop) for view in views]
            if len(strips) > 1:
                strips = [sum(tf.nn.softmax(strip) for strip in strips)]
            labels[start:stop] = tf.argmax(strips[0], axis=-1).numpy()
        return labels

    def _views(self, image: np.ndarray) -> Iterator[tuple[tf.Tensor, tuple[int, int], bool]]:
        """Yields logits of each scale and mirror image, with the size that they stand for."""
        height, width = image.shape[:2]
        for scale in self.spec.scales:
            size = self.spec.resized(height, width, scale)
            pixels = tf.cast(image, "float32")
            if size != (height, width):
                pixels = tf.image.resize(pixels, size)
            pixels = normalized(pixels, self.spec.mean, self.spec.std)[None]
            for flip in (False, True) if self.spec.flip else (False,):
                view = pixels[:, :, ::-1] if flip else pixels
                yield self._logits(view), size, flip

    def _logits(self, pixels: tf.Tensor) -> tf.Tensor:
        """Logits of the whole image at the size of the features, or of windows at its own size."""
        height, width = pixels.shape[1:3]
        if self.spec.window is None or (height, width) == self.spec.window:
            return self._maps(pixels)[0]
        total = np.zeros((height, width, self.classes), "float32")
        counts = np.zeros((height, width, 1), "float32")
        for top, left in windows((height, width), self.spec.window, self.spec.window_stride):
            place = np.s_[top : top + self.spec.window[0], left : left + self.spec.window[1]]
            window = pixels[0][place]
            logits = self._maps(window[None])[0]
            total[place] += self._resized(logits, window.shape[:2], 0, window.shape[0])
            counts[place] += 1
        return tf.constant(total / counts)

    def _strip(self, view, size, start, stop) -> tf.Tensor:
        """Rows `start` to `stop` of the logits at the size of the image.

        They are resized to the size that was tested, and then to that of the image.
        """
        maps, tested, flip = view
        if tuple(maps.shape[:2]) != tested and tested != size:
            maps = self._resized(maps, tested, 0, tested[0])
        strip = self._resized(maps, size, start, stop)
        return strip[:, ::-1] if flip else strip

    def _resized(self, maps, size, start, stop) -> tf.Tensor:
        if tuple(maps.shape[:2]) == tuple(size):
            return maps[start:stop]
        places = [
            source_places(old, new, "float32", self._align_corners)
            for old, new in zip(maps.shape[:2], size, strict=True)
        ]
        rows = resize_axis(tf.cast(maps, "float32"), places[0][start:stop], 0)
        return resize_axis(rows, places[1], 1)


def windows(size, window, stride) -> Iterator[tuple[int, int]]:
    """Yields top and left of the windows over an image; the last ones are moved back inside.

    >>> list(windows((10, 7), (6, 8), (4, 4)))
    [(0, 0), (4, 0)]
    """
    counts = [
        max(side - part + step - 1, 0) // step + 1
        for side, part, step in zip(size, window, stride, strict=True)
    ]
    for row in range(counts[0]):
        for column in range(counts[1]):
            ends = (
                min(row * stride[0] + window[0], size[0]),
                min(column * stride[1] + window[1], size[1]),
            )
            yield max(ends[0] - window[0], 0), max(ends[1] - window[1], 0)
