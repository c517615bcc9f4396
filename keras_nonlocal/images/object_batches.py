"""An endless stream of training images with objects that can start at any batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import tensorflow as tf

from ..augmentation.functional.draws import at_place
from ..augmentation.joint.base import (
    BOXES,
    FLIP_PAIRS,
    IMAGES,
    KEYPOINTS,
    LABELS,
    OBJECT_MASKS,
    JointAugmentation,
)
from ..augmentation.joint.geometry import JointRandomCrop, JointRandomScale
from ..augmentation.joint.resize import JointResize
from ..augmentation.normalization import normalized
from ..data.tf_chain import as_written, check_shard, endless_order, seed_of, with_fixed_tuning
from ..utils.checks import positive_int, sizes
from .detection_image import DetectionImage
from .object_arrays import KINDS
from .objects import ObjectSet

SIZES = "sizes"
_PARALLEL_CALLS = 2
_SIZED = (JointResize, JointRandomScale, JointRandomCrop)
# What fills up the list of an image with fewer objects than another one of its batch.
_FILLING = {BOXES: -1.0, LABELS: -1, OBJECT_MASKS: 0, KEYPOINTS: 0.0}
_DTYPES = {BOXES: "float32", LABELS: "int32", OBJECT_MASKS: "uint8", KEYPOINTS: "float32"}


def object_stream(
    objects: ObjectSet,
    *,
    spec: DetectionImage,
    kinds: Collection[str] | None = None,
    augment: Sequence[JointAugmentation] = (),
    batch_size: int = 2,
    seed: int = 0,
    first: int = 0,
    shard: tuple[int, int] = (0, 1),
    size: tuple[int, int] | None = None,
    max_objects: int | None = None,
    num_parallel_calls: int | None = None,
) -> tf.data.Dataset:
    """Makes full batches of images with objects without end; each epoch has every image once.

    The order and the changes of batch `n` depend on `seed` and `n` alone, whatever the number of
    threads. So training resumes with `first`, and several processes share the work with `shard`.
    Images without objects are kept, as they teach what background is; see
    `ObjectSet.with_objects`. Crowds are left out: they are not single objects.

    Args:
        objects: The images with objects.
        spec: The size of the images, their mean and standard deviation, and the order of channels.
        kinds: What the labels hold, of `"boxes"`, `"masks"` and `"keypoints"`; by default all that
            there is. Boxes and classes are always there.
        augment: Layers that change an image together with its objects. If none of them sets the
            size, as `JointResize` does, images are scaled as `spec` says. Large masks take time, so
            scale at the end, or crop early.
        batch_size: Images in a batch.
        seed: The seed of all random numbers.
        first: Index of the batch to start with.
        shard: `(index, count)` divides each batch into `count` equal parts and makes only part
            `index`.
        size: Height and width of all batches, for networks that are compiled for one size; `None`
            takes the largest image of each batch, and the next multiples of `spec.divisor`.
        max_objects: Number of rows of the labels in all batches; `None` takes the largest number of
            objects in each batch.
        num_parallel_calls: Number of images to read at once.

    Returns:
        An endless dataset of `(inputs, labels)`. The inputs are `"images"`, normalized float32
        `(batch, H, W, 3)` with zeros below and at the right, and `"sizes"`, int32 `(batch, 2)`: the
        height and width of each image within them. The labels are `"boxes"`, float32
        `(batch, N, 4)` as corners x0, y0, x1 and y1 in pixels, and `"labels"`, int32 `(batch, N)`,
        both filled up with -1; `"masks"`, uint8 `(batch, N, H, W)`, and `"keypoints"`, float32
        `(batch, N, K, 3)` of x, y and visibility, both filled up with zeros.

    Raises:
        ValueError: An argument is out of range.
        tf.errors.OpError: While it is read: a file cannot be read, or an image is larger than
            `size`, or has more than `max_objects`.

    Example:
        batches = object_stream(
            read_object_set("coco", split="train"),
            spec=DetectionImage(),
            augment=[JointRandomFlip(), JointResize()],
        )
    """
    check_shard(shard, positive_int("batch_size", batch_size))
    calls = num_parallel_calls or _PARALLEL_CALLS
    asked = objects.chosen(kinds)
    keys = [BOXES, LABELS, *(kind for kind in KINDS if kind in asked and kind != BOXES)]
    fixed = None if size is None else sizes("size", size, 2)
    layers = list(augment)
    if not any(isinstance(layer, _SIZED) for layer in layers):
        layers.append(JointResize(spec.short_side, spec.max_side))
    shapes = {
        BOXES: (None, 4),
        LABELS: (None,),
        OBJECT_MASKS: (None, None, None),
        KEYPOINTS: (None, len(objects.keypoint_names), 3),
    }

    def read(index):
        found = objects.read(int(index), asked)
        return found[IMAGES], *(found[key][~found["crowd"]] for key in keys)

    @as_written
    def load(index, draw):
        types = (tf.uint8, *(_DTYPES[key] for key in keys))
        image, *found = tf.numpy_function(read, [index], types, stateful=False)
        example = {IMAGES: tf.ensure_shape(image, (None, None, 3))}
        for key, value in zip(keys, found, strict=True):
            example[key] = tf.ensure_shape(value, shapes[key])
        if KEYPOINTS in keys:
            example[FLIP_PAIRS] = tf.reshape(tf.constant(objects.flip_pairs, "int32"), (-1, 2))
        for place, layer in enumerate(layers):
            example = layer(example, at_place(seed_of(draw)[None], place)[0])
        image = normalized(tf.cast(example[IMAGES], "float32"), spec.mean, spec.std)
        inputs = {IMAGES: spec.ordered(image), SIZES: tf.shape(image)[:2]}
        return inputs, {key: example[key] for key in keys}

    order = endless_order(len(objects), batch_size, seed=seed, first=first, shard=shard)
    loaded = order.map(load, num_parallel_calls=calls, deterministic=True)
    batches = loaded.padded_batch(
        batch_size // shard[1],
        padding_values=({IMAGES: 0.0, SIZES: 0}, {key: _filling(key) for key in keys}),
        drop_remainder=True,
    )

    @as_written
    def fill(inputs, labels):
        image_size = tf.shape(inputs[IMAGES])[1:3]
        wanted = -(-image_size // spec.divisor) * spec.divisor if fixed is None else fixed
        count = tf.shape(labels[LABELS])[1]
        rows = tf.maximum(count, 1) if max_objects is None else max_objects
        more, missing = rows - count, tf.stack(wanted) - image_size
        with tf.control_dependencies(_checks(missing, more, fixed, max_objects)):
            more, missing = tf.identity(more), tf.identity(missing)
        sides = [[0, missing[0]], [0, missing[1]]]
        inputs = {**inputs, IMAGES: tf.pad(inputs[IMAGES], [[0, 0], *sides, [0, 0]])}
        inputs[IMAGES] = tf.ensure_shape(inputs[IMAGES], (None, *(fixed or (None, None)), 3))
        for key, value in labels.items():
            rest = sides if key == OBJECT_MASKS else [[0, 0]] * (value.shape.rank - 2)
            filled = tf.pad(value, [[0, 0], [0, more], *rest], constant_values=_filling(key))
            shape = (*(fixed or (None, None)),) if key == OBJECT_MASKS else value.shape[2:]
            labels[key] = tf.ensure_shape(filled, (None, max_objects, *shape))
        return inputs, labels

    return with_fixed_tuning(batches.map(fill).prefetch(1))


def _filling(key: str):
    return tf.constant(_FILLING[key], _DTYPES[key])


def _checks(missing, more, fixed, max_objects):
    """Operations that raise if a batch does not fit."""
    return [
        tf.debugging.assert_non_negative(
            missing, f"An image is larger than `size`, {fixed}. Choose a larger one, or crop."
        ),
        tf.debugging.assert_non_negative(
            more,
            f"An image has more objects than `max_objects`, {max_objects}. Choose a larger one.",
        ),
    ]
