"""RoI align by TensorFlow's kernel `crop_and_resize`: exact, and with little memory.

If all cells of a region take their first sample, these samples are a crop of the map, and so are
the second samples. So a region with `n` samples in a cell is the mean of `n` crops of the same
size. The map is extended by a copy of its border on all sides, so that the kernel clamps at the
border and counts samples outside as zero in the same way as RoI align. The crops are made in blocks
that fit into a cache.

The gradient is a product with the sparse matrix of the weights of all samples. TensorFlow's kernel
for the gradient of crops cannot be used: on a CPU, its threads add to the same places of the map at
the same time, and some of what they add is lost.
"""

from __future__ import annotations

import math

CROP_BYTES = 16 * 2**20
GRADIENT_BYTES = 96 * 2**20  # a block adds to the whole map, so there should be few
_BYTES_OF_WEIGHT = 32  # its two indices, its value, and what they are made of


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

    return sample(*maps)


class _Level:
    """The regions that are read from one level of the pyramid."""

    def __init__(self, x, level, start, cell, counts, images, levels, size):
        import tensorflow as tf

        self._dtype, self._size = x.dtype, size
        self._shape, self._static_shape = tf.shape(x), x.shape
        x = tf.cast(x, "float32") if x.dtype == tf.bfloat16 else x  # the kernel has no other
        self._x = _extended(x)
        self.regions = tf.cast(tf.where(levels == level)[:, 0], "int32")
        self._start, self._cell, self._counts, self._images = (
            tf.gather(values, self.regions) for values in (start, cell, counts, images)
        )

    def sample(self):
        import tensorflow as tf

        shape = (*self._size, self._static_shape[-1])

        def mean(block):
            boxes, images, regions, number = self._crops(block)
            crops = tf.image.crop_and_resize(self._x, boxes, images, self._size)
            # The regions are in order. For any order, TensorFlow has a kernel that is much slower.
            y = tf.math.segment_sum(crops, regions)
            without = tf.shape(number)[0] - tf.shape(y)[0]  # the last ones may have no crop
            y = tf.pad(y, ((0, without), (0, 0), (0, 0), (0, 0)))
            return y / tf.reshape(tf.maximum(number, 1.0), (-1, 1, 1, 1))

        parts = tf.TensorArray(
            "float32", 0, dynamic_size=True, infer_shape=False, element_shape=(None, *shape)
        )
        parts = self._over_blocks(
            self._counts,
            CROP_BYTES // (4 * math.prod(shape)),
            lambda block: parts.write(0, mean(block)),
            lambda parts, block: parts.write(parts.size(), mean(block)),
        )
        y = tf.ensure_shape(parts.concat(), (None, *shape))
        return tf.cast(y, self._dtype) if self._dtype.is_floating else y

    def gradient(self, dy):
        import tensorflow as tf

        cells, channels = math.prod(self._size), self._static_shape[-1]
        dy = tf.reshape(tf.cast(dy, "float32"), (-1, channels))
        positions = tf.reduce_prod(self._shape[:3])
        axes = [
            _Axis(
                self._start[:, axis],
                self._cell[:, axis],
                self._counts[:, axis],
                self._shape[1 + axis],
                self._size[axis],
            )
            for axis in (0, 1)
        ]
        reads = tf.stack([axis.reads for axis in axes], -1)

        def part(block):
            regions, offset = _pairs(reads[block])
            regions += block.start
            rows, columns = (
                axis.read(regions, offset[:, place]) for place, axis in enumerate(axes)
            )
            image = tf.gather(self._images, regions)[:, None]
            place = (image * self._shape[1] + rows[0])[..., None] * self._shape[2]
            place += columns[0][:, None]
            cell = tf.gather(self.regions, regions)[:, None] * cells + tf.range(cells)
            indices = tf.stack([tf.reshape(place, (-1, cells)), cell], -1)
            weights = tf.reshape(rows[1][..., None] * columns[1][:, None], (-1, cells))
            read = tf.where(weights > 0)  # a cell with far samples does not read between them
            added = tf.raw_ops.SparseTensorDenseMatMul(
                a_indices=tf.gather_nd(indices, read),
                a_values=tf.gather_nd(weights, read),
                a_shape=tf.cast(tf.stack([positions, tf.shape(dy)[0]]), "int64"),
                b=dy,
            )
            return tf.ensure_shape(added, (None, channels))

        total = self._over_blocks(
            reads,
            GRADIENT_BYTES // (_BYTES_OF_WEIGHT * cells),
            part,
            lambda total, block: total + part(block),
        )
        total = tf.reshape(total, self._shape)
        return tf.cast(tf.ensure_shape(total, self._static_shape), self._dtype)

    def _over_blocks(self, numbers, most, first, further):
        """Runs `value = first(block)` and then `value = further(value, block)`, in order.

        `numbers` `(R, 2)` says how many crops a region has along y and x; a block has at most
        `most` crops, or one region.
        """
        import tensorflow as tf

        ends = tf.concat([[0], tf.cumsum(tf.reduce_prod(numbers, -1))], 0)

        def end_of(begin):
            end = tf.searchsorted(ends, [ends[begin] + most], side="right")[0] - 1
            return tf.maximum(end, begin + 1)

        def body(begin, value):
            end = end_of(begin)
            return end, further(value, slice(begin, end))

        begin = end_of(0)
        return tf.while_loop(
            lambda begin, _: begin < tf.shape(numbers)[0],
            body,
            (begin, first(slice(0, begin))),
            parallel_iterations=1,
        )[1]

    def _crops(self, block):
        """Returns boxes, images and regions of the crops of a block, and their number by region."""
        import tensorflow as tf

        counts = self._counts[block]
        regions, sample = _pairs(counts)
        cell = tf.gather(self._cell[block], regions)
        inside = (tf.cast(sample, "float32") + 0.5) / tf.cast(tf.gather(counts, regions), "float32")
        first = tf.gather(self._start[block], regions) + inside * cell + 1
        last = first + cell * (tf.constant(self._size, "float32") - 1)
        edge = tf.cast(tf.shape(self._x)[1:3] - 1, "float32")
        boxes = tf.concat([first / edge, last / edge], -1)
        images = tf.gather(self._images[block], regions)
        return boxes, images, regions, tf.cast(tf.reduce_prod(counts, -1), "float32")


class _Axis:
    """Which rows (or columns) of the map the cells of a region read, and with which weights.

    A cell reads neighboring rows. `reads` is how many, for the cell of a region that reads most.
    """

    def __init__(self, start, cell, counts, length, cells):
        import tensorflow as tf

        self._last, limit = length - 1, tf.cast(length, "float32")
        number = tf.cast(tf.maximum(counts, 1), "float32")[:, None]
        sample = tf.range(tf.maximum(tf.reduce_max(counts), 1))
        exists = (sample < counts[:, None])[:, None]
        inside = (tf.cast(sample, "float32") + 0.5) / number
        place = tf.range(cells, dtype="float32")[:, None] + inside[:, None]
        place = start[:, None, None] + place * cell[:, None, None]  # regions, cells, samples
        counted = exists & (place >= -1) & (place <= limit)
        self._weight = tf.cast(counted, "float32") / number[..., None]
        self._place = tf.clip_by_value(place, 0.0, limit - 1)
        low = tf.where(exists, tf.floor(self._place), limit)
        high = tf.where(exists, tf.floor(self._place), -1.0)
        self._first = tf.cast(tf.reduce_min(low, -1), "int32")
        spread = tf.cast(tf.reduce_max(high, -1), "int32") - self._first
        self.reads = tf.where(counts > 0, tf.reduce_max(spread, -1) + 2, 0)

    def read(self, regions, offset):
        """Returns the row `(N, cells)` at an offset from the first of each cell; its weight."""
        import tensorflow as tf

        row = tf.gather(self._first, regions) + offset[:, None]
        away = tf.gather(self._place, regions) - tf.cast(row, "float32")[..., None]
        weight = tf.nn.relu(1 - tf.abs(away)) * tf.gather(self._weight, regions)
        return tf.minimum(row, self._last), tf.reduce_sum(weight, -1)


def _pairs(numbers):
    """Returns the region `(N,)` and the index along y and x `(N, 2)`, of all pairs of indices."""
    import tensorflow as tf

    number = tf.reduce_prod(numbers, -1)
    ends = tf.cumsum(number)
    pairs = tf.range(tf.reduce_sum(number))
    regions = tf.searchsorted(ends, pairs, side="right")
    index = pairs - tf.gather(ends - number, regions)
    columns = tf.gather(numbers[:, 1], regions)
    return regions, tf.stack([index // columns, index % columns], -1)


def _inverse(order):
    import tensorflow as tf

    return tf.math.invert_permutation(order)


def _extended(x):
    """Adds a copy of the border on all sides: `(B, H, W, C) -> (B, H + 2, W + 2, C)`."""
    import tensorflow as tf

    x = tf.concat([x[:, :1], x, x[:, -1:]], 1)
    return tf.concat([x[:, :, :1], x, x[:, :, -1:]], 2)
