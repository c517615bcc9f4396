"""An endless stream of training images with labels that can start at any batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..augmentation.functional.draws import at_place
from ..augmentation.joint.base import IMAGES, MASKS, JointAugmentation
from ..augmentation.normalization import normalized
from ..data.tf_chain import as_written, check_shard, endless_order, seed_of, with_fixed_tuning
from ..utils.checks import positive_int
from .image_spec import ImageSpec
from .mask_set import MaskSet

_PARALLEL_CALLS = 2


def segmentation_stream(
    masks: MaskSet,
    *,
    spec: ImageSpec,
    augment: Sequence[JointAugmentation] = (),
    batch_size: int = 8,
    seed: int = 0,
    first: int = 0,
    shard: tuple[int, int] = (0, 1),
    num_parallel_calls: int | None = None,
) -> tf.data.Dataset:
    """Makes full batches of images with labels without end; each epoch has every image once.

    The order and the changes of batch `n` depend on `seed` and `n` alone, whatever the number of
    threads. So training resumes with `first`, and several processes share the work with `shard`.

    Args:
        masks: The images with masks.
        spec: The mean and standard deviation of the pixels.
        augment: Layers that change an image together with its mask. The last one that changes the
            size must be a crop, unless all images have the same size.
        batch_size: Images in a batch.
        seed: The seed of all random numbers.
        first: Index of the batch to start with.
        shard: `(index, count)` divides each batch into `count` equal parts and makes only part
            `index`.
        num_parallel_calls: Number of images to read at once.

    Returns:
        An endless dataset of `(images, labels)`: normalized float32 `(batch, H, W, 3)`, and int32
        `(batch, H, W)`, where 255 is ignored.

    Raises:
        ValueError: An argument is out of range.
        tf.errors.OpError: While it is read: a file cannot be read; the error names the file.

    Example:
        batches = segmentation_stream(
            read_mask_set("camvid", split="train"),
            spec=ImageSpec(),
            augment=[JointRandomScale(), JointRandomCrop((144, 192)), JointRandomFlip()],
        )
    """
    check_shard(shard, positive_int("batch_size", batch_size))
    calls = num_parallel_calls or _PARALLEL_CALLS

    def read(index):
        return masks.read(int(index))

    @as_written
    def load(index, draw):
        image, labels = tf.numpy_function(read, [index], (tf.uint8, tf.uint8), stateful=False)
        pair = {
            IMAGES: tf.ensure_shape(image, (None, None, 3)),
            MASKS: tf.ensure_shape(labels, (None, None)),
        }
        for place, layer in enumerate(augment):
            pair = layer(pair, at_place(seed_of(draw)[None], place)[0])
        image = normalized(tf.cast(pair[IMAGES], "float32"), spec.mean, spec.std)
        return image, tf.cast(pair[MASKS], "int32")

    order = endless_order(len(masks), batch_size, seed=seed, first=first, shard=shard)
    loaded = order.map(load, num_parallel_calls=calls, deterministic=True)
    batches = loaded.batch(batch_size // shard[1], drop_remainder=True)
    return with_fixed_tuning(batches.prefetch(1))


def pixels_of(images: np.ndarray, spec: ImageSpec) -> np.ndarray:
    """Returns the pixels of normalized images, uint8, to draw them."""
    pixels = np.asarray(images) * np.array(spec.std) + np.array(spec.mean)
    return np.clip(pixels + 0.5, 0, 255).astype("uint8")
