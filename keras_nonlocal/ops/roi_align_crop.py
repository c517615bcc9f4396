"""RoI align by TensorFlow's kernel `crop_and_resize`: exact, and with little memory.

If all cells of a region take their first sample, these samples are a crop of the map, and so are
the second samples. So a region with `n` samples in a cell is the mean of `n` crops of the same
size. The map is extended by a copy of its border on all sides, so that the kernel clamps at the
border and counts samples outside as zero in the same way as RoI align. The crops are made in blocks
that fit into a cache.
"""

from __future__ import annotations

CROP_BYTES = 16 * 2**20
GRADIENT_BYTES = 96 * 2**20  # a block adds to the whole map, so there should be few


def crop_levels(maps, start, cell, counts, images, levels, size):
    """Samples all regions; the arguments are as in `keras_nonlocal.ops.roi_align.gather_levels`."""
    import tensorflow as tf

    @tf.custom_gradient
    def sample(*maps):
        parts = [
            _Level(x, index, start, cell, counts, images, levels, size)
            for index, x in enumerate(maps)
        ]
        order = tf.concat([part.regions for part in parts], 0)
        y = tf.gather(tf.concat([part.sample() for part in parts], 0), _inverse(order))
        return y, lambda dy: [part.gradient(dy) for part in parts]

    return sample(*map(_extended, maps))


class _Level:
    """The regions that are read from one level of the pyramid."""

    def __init__(self, x, level, start, cell, counts, images, levels, size):
        import tensorflow as tf

        self._dtype, self._size = x.dtype, size
        self._x = tf.cast(x, "float32") if x.dtype == tf.bfloat16 else x  # the kernel has no other
        self.regions = tf.cast(tf.where(levels == level)[:, 0], "int32")
        self._start, self._cell, self._counts, self._images = (
            tf.gather(values, self.regions) for values in (start, cell, counts, images)
        )
        self._ends = tf.cumsum(tf.reduce_prod(self._counts, -1))  # of the crops of each region

    def sample(self):
        import tensorflow as tf

        shape = (*self._size, self._x.shape[-1])

        def step(block, parts):
            boxes, images, regions, number = self._crops(block)
            crops = tf.image.crop_and_resize(self._x, boxes, images, self._size)
            # The regions are in order. For any order, TensorFlow has a kernel that is much slower.
            y = tf.math.segment_sum(crops, regions)
            without = tf.shape(number)[0] - tf.shape(y)[0]  # the last ones may have no crop
            y = tf.pad(y, ((0, without), (0, 0), (0, 0), (0, 0)))
            y = y / tf.reshape(tf.maximum(number, 1.0), (-1, 1, 1, 1))
            return parts.write(parts.size(), y)

        parts = tf.TensorArray(
            "float32", 0, dynamic_size=True, infer_shape=False, element_shape=(None, *shape)
        )
        parts = self._over_blocks(CROP_BYTES, step, parts.write(0, tf.zeros((0, *shape))))
        y = tf.ensure_shape(parts.concat(), (None, *shape))
        return tf.cast(y, self._dtype) if self._dtype.is_floating else y

    def gradient(self, dy):
        import tensorflow as tf

        dy = tf.gather(dy, self.regions)

        def step(block, total):
            boxes, images, regions, number = self._crops(block)
            each = tf.cast(dy[block], "float32") / tf.reshape(
                tf.maximum(number, 1.0), (-1, 1, 1, 1)
            )
            added = tf.raw_ops.CropAndResizeGradImage(
                grads=tf.gather(each, regions),
                boxes=boxes,
                box_ind=images,
                image_size=tf.shape(self._x),
                T="float32",
            )
            return total + tf.ensure_shape(added, self._x.shape)

        total = tf.ensure_shape(tf.zeros(tf.shape(self._x)), self._x.shape)
        return tf.cast(self._over_blocks(GRADIENT_BYTES, step, total), self._dtype)

    def _over_blocks(self, block_bytes, step, value):
        """Runs `value = step(block, value)` for each block of regions, in order."""
        import tensorflow as tf

        height, width = self._size
        most = max(block_bytes // (4 * height * width * self._x.shape[-1]), 1)
        total = tf.shape(self.regions)[0]

        def body(begin, value):
            before = self._ends[begin] - tf.reduce_prod(self._counts[begin])
            end = tf.searchsorted(self._ends, [before + most], side="right")[0]
            end = tf.maximum(end, begin + 1)
            return end, step(slice(begin, end), value)

        return tf.while_loop(
            lambda begin, _: begin < total, body, (tf.constant(0), value), parallel_iterations=1
        )[1]

    def _crops(self, block):
        """Returns boxes, images and regions of the crops of a block, and their number by region."""
        import tensorflow as tf

        counts = self._counts[block]
        number = tf.reduce_prod(counts, -1)
        regions = tf.repeat(tf.range(tf.shape(number)[0]), number)
        index = tf.range(tf.shape(regions)[0]) - tf.gather(
            tf.cumsum(number, exclusive=True), regions
        )
        columns = tf.gather(counts[:, 1], regions)
        sample = tf.cast(tf.stack([index // columns, index % columns], -1), "float32")
        cell = tf.gather(self._cell[block], regions)
        inside = (sample + 0.5) / tf.cast(tf.gather(counts, regions), "float32")
        first = tf.gather(self._start[block], regions) + inside * cell + 1
        last = first + cell * (tf.constant(self._size, "float32") - 1)
        edge = tf.cast(tf.shape(self._x)[1:3] - 1, "float32")
        boxes = tf.concat([first / edge, last / edge], -1)
        images = tf.gather(self._images[block], regions)
        return boxes, images, regions, tf.cast(number, "float32")


def _inverse(order):
    import tensorflow as tf

    return tf.math.invert_permutation(order)


def _extended(x):
    """Adds a copy of the border on all sides: `(B, H, W, C) -> (B, H + 2, W + 2, C)`."""
    import tensorflow as tf

    x = tf.concat([x[:, :1], x, x[:, -1:]], 1)
    return tf.concat([x[:, :, :1], x, x[:, :, -1:]], 2)
