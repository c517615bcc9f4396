"""Base class of layers that change an image together with its mask or its objects."""

from __future__ import annotations

import keras
import tensorflow as tf

IMAGES, MASKS = "images", "segmentation_masks"  # the keys that Keras's own layers use
BOXES, LABELS, CROWD = "boxes", "labels", "crowd"
OBJECT_MASKS, KEYPOINTS, FLIP_PAIRS = "masks", "keypoints", "flip_pairs"
# What an error calls each input, and its number of dimensions.
_RANKS = {
    IMAGES: ("image", 3),
    MASKS: ("mask", 2),
    BOXES: ("list of boxes", 2),
    LABELS: ("list of labels", 1),
    CROWD: ("list of crowds", 1),
    OBJECT_MASKS: ("list of masks", 3),
    KEYPOINTS: ("list of keypoints", 3),
}


class JointAugmentation(keras.layers.Layer):
    """Base class of stateless layers that change one image together with its mask or its objects.

    The result depends on the seed alone. Images are resampled bilinearly; masks take the nearest
    label, so no label is invented. A subclass implements `_change(example, seed)`, or `_move` if it
    moves pixels (see `joint/moves.py`).

    Args:
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: An image `(H, W, 3)` of values from 0 to 255; or a dictionary of the image under
            `"images"`, and what there is of these: labels of pixels `(H, W)` under
            `"segmentation_masks"`; and of `N` objects, `"boxes"` `(N, 4)` as corners x0, y0, x1, y1
            in pixels, `"labels"` `(N,)`, `"crowd"` `(N,)`, `"masks"` `(N, H, W)` and `"keypoints"`
            `(N, K, 3)` of x, y and visibility. With keypoints, `"flip_pairs"` `(P, 2)` says which
            of them change places in a mirror.
        seed: The seed, two integers `(2,)`.
        training: If false, the inputs are returned.

    Returns:
        Inputs of the same structure. Images are float32, and labels keep their dtype. Boxes end at
        the border of the image, and objects that have left it are no longer there.

    Raises:
        ValueError: An input has another number of dimensions.
    """

    _arguments: tuple[str, ...] = ()  # constructor arguments that are stored under the same name

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    def __call__(self, inputs, seed=(0, 0), training=True):
        return self.call(inputs, seed, training)

    @tf.autograph.experimental.do_not_convert
    def call(self, inputs, seed=(0, 0), training=True):
        is_dict = isinstance(inputs, dict)
        example = dict(inputs) if is_dict else {IMAGES: inputs}
        for key, (name, rank) in _RANKS.items():
            if key not in example:
                continue
            example[key] = tf.convert_to_tensor(example[key])
            if example[key].shape.rank != rank:
                raise ValueError(
                    f"{type(self).__name__} changes one {name} of {rank} dimensions at a time. "
                    f"Received: {name} of shape {tuple(example[key].shape)}"
                )
        example[IMAGES] = tf.cast(example[IMAGES], "float32")
        if training:
            example = self._change(example, tf.cast(seed, "int32"))
        return example if is_dict else example[IMAGES]

    def _change(self, example, seed):
        raise NotImplementedError(f"{type(self).__name__} must implement `_change`")

    def get_config(self):
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in self._arguments},
        }
