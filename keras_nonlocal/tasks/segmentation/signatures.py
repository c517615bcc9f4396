"""How a segmentation network is asked when it is served."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from ...augmentation.normalization import normalized
from ...export.fold_batch_norm import fold_batch_norm
from ...export.signature import Served
from ...images.samples.scenes import scene
from ...ops.resize import resize_bilinear
from ...utils.compat import output_of
from ...utils.roles import LOGITS
from ..image_signatures import image_signatures


def served_segmenter(segmenter) -> Served:
    """Returns the signatures of a segmentation network: whole images in, labels out.

    Args:
        segmenter: A `Segmenter`.
    """
    network = fold_batch_norm(segmenter.model)
    label = GraphLabeler(network, segmenter.image)

    def find(images):
        labels = label(images)
        return {"labels": labels, "areas": _areas(labels, label.classes)}

    def answer(images):
        labels = np.stack([segmenter.predict(image) for image in images])
        return {"areas": _areas(tf.constant(labels), label.classes).numpy()}

    pictures = [scene(seed, size)[0] for seed, size in ((0, (96, 128)), (1, (75, 61)))]
    # A label may change where the logits of two classes are equal but for rounding.
    signatures = image_signatures(find, answer, pictures, tolerance=1e-3)
    return Served(network, signatures, segmenter.about())


class GraphLabeler:
    """Labels images of any size in a graph, as `ImageLabeler` does.

    Args:
        model: A segmentation network.
        spec: An `ImageSpec`: how images become inputs, and how they are tested.
    """

    def __init__(self, model: keras.Model, spec):
        resize = model.get_layer(f"{LOGITS}_resize")
        logits = output_of(model, LOGITS)
        self.classes = logits.shape[-1]
        self._resize = partial(resize_bilinear, align_corners=resize.align_corners)
        self._network, self._spec = keras.Model(model.input, logits), spec

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Returns labels, uint8 `(B, H, W)`, of images, uint8 `(B, H, W, 3)`."""
        spec, size = self._spec, tf.shape(images)[1:3]
        views = []
        for scale in spec.scales:
            tested = self._tested_size(size, scale)
            pixels = tf.cast(images, "float32")
            pixels = tf.cond(
                tf.reduce_all(tested == size),
                lambda pixels=pixels: pixels,
                lambda pixels=pixels, tested=tested: tf.image.resize(pixels, tested),
            )
            pixels = normalized(tf.ensure_shape(pixels, (None, None, None, 3)), spec.mean, spec.std)
            for flip in (False, True) if spec.flip else (False,):
                logits = self._logits(pixels[:, :, ::-1] if flip else pixels, tested)
                logits = self._resize(logits, tf.unstack(size))
                views.append(logits[:, :, ::-1] if flip else logits)
        if len(views) > 1:
            views = [tf.add_n([tf.nn.softmax(view) for view in views])]
        return tf.cast(tf.argmax(views[0], axis=-1), tf.uint8)

    def _tested_size(self, size, scale: float):
        """As `ImageSpec.resized`, for tensors."""
        factor, sides = tf.constant(scale, tf.float64), tf.cast(size, tf.float64)
        if self._spec.resize is not None:
            longer, shorter = max(self._spec.resize), min(self._spec.resize)
            factor *= tf.minimum(longer / tf.reduce_max(sides), shorter / tf.reduce_min(sides))
        return tf.maximum(tf.cast(sides * factor + 0.5, tf.int32), 1)

    def _logits(self, pixels, size):
        """Logits of the whole image, at the size of the image if it is tested in windows."""
        if self._spec.window is None:
            logits = self._network(pixels, training=False)
            return self._resize(logits, tf.unstack(size))
        window, stride = tf.minimum(self._spec.window, size), tf.constant(self._spec.window_stride)
        counts = tf.maximum(size - window + stride - 1, 0) // stride + 1
        shape = tf.shape(pixels)[:3]
        total = tf.zeros(tf.concat([shape, [self.classes]], 0))
        seen = tf.zeros(tf.concat([size, [1]], 0))

        def add(number, total, seen):
            place = tf.stack([number // counts[1], number % counts[1]])
            start = tf.minimum(place * stride, size - window)
            part = tf.slice(pixels, [0, start[0], start[1], 0], [-1, window[0], window[1], -1])
            logits = self._network(part, training=False)
            logits = self._resize(logits, tf.unstack(window))
            ends = size - window - start
            sides = [[start[0], ends[0]], [start[1], ends[1]]]
            total += tf.pad(logits, [[0, 0], *sides, [0, 0]])
            seen += tf.pad(tf.ones(tf.concat([window, [1]], 0)), [*sides, [0, 0]])
            return number + 1, total, seen

        _, total, seen = tf.while_loop(
            lambda number, *_: number < counts[0] * counts[1],
            add,
            (0, total, seen),
            shape_invariants=(
                tf.TensorShape(()),
                tf.TensorShape((None, None, None, self.classes)),
                tf.TensorShape((None, None, 1)),
            ),
            parallel_iterations=1,
        )
        return total / seen


def _areas(labels, classes: int):
    """The share of the pixels of each image that have a class, `(B, classes)`."""
    shares = [tf.reduce_mean(tf.cast(labels == n, "float32"), (1, 2)) for n in range(classes)]
    return tf.stack(shares, axis=-1)
