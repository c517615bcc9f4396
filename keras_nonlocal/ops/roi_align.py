"""RoI align: the features of regions, sampled bilinearly on a grid of the same size for each.

A region is divided into cells, and a cell is the mean of some samples of the map. There are two
forms. Both are exact, and the gradient of both keeps nothing but the regions:

- `"crop"` uses a kernel of TensorFlow, and is the fastest on CPUs.
- `"gather"` uses one gather for all levels and images. XLA and every backend can run it.

Source: Mask R-CNN (arXiv:1703.06870), section 3, in the form of Detectron2 and torchvision.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import ops

from ..utils.checks import one_of
from .roi_align_crop import crop_levels

_HALVES = ("float16", "bfloat16")
ROI_ALIGN_METHODS = ("auto", "crop", "gather")
CANONICAL_SIDE, CANONICAL_LEVEL = 224, 4  # a region of 224 pixels is read from P4


def pyramid_levels(boxes, lowest: int, highest: int):
    """Returns the level of the pyramid from which each box is read.

    A box of 224 pixels is read from P4; half the side is one level below.

    Args:
        boxes: `(..., 4)`, as `(x0, y0, x1, y1)` in pixels of the image.
        lowest, highest: The first and the last level.

    Returns:
        Numbers of levels, int32 `(...)`.

    Source: equation 1 of Feature Pyramid Networks (arXiv:1612.03144).

    Example:

    >>> boxes = np.array([[0.0, 0, 224, 224], [0, 0, 30, 30]])
    >>> keras_nonlocal.ops.pyramid_levels(boxes, 2, 5).numpy().tolist()
    [4, 2]
    """
    boxes = ops.cast(boxes, "float32")
    sides = ops.sqrt(ops.prod(ops.relu(boxes[..., 2:] - boxes[..., :2]), axis=-1))
    octaves = ops.log2(sides / CANONICAL_SIDE + 1e-8)
    level = ops.floor(CANONICAL_LEVEL + octaves)
    return ops.cast(ops.clip(level, lowest, highest), "int32")


def roi_align(
    maps: Sequence,
    boxes,
    images,
    levels=None,
    *,
    strides: Sequence[int],
    size: tuple[int, int],
    sampling_ratio: int = 2,
    aligned: bool = True,
    method: str = "auto",
):
    """Samples the features of each region on a grid.

    Args:
        maps: The levels of a pyramid, each `(B, H, W, C)`.
        boxes: The regions `(R, 4)`, as `(x0, y0, x1, y1)` in pixels of the image.
        images: The index of the image of each region, int32 `(R,)`.
        levels: The index in `maps` of each region, int32 `(R,)`; `None` if there is one map.
        strides: Size of a cell of each level, in pixels.
        size: Height and width of the grid.
        sampling_ratio: Number of samples of a cell along each axis; 0 takes about one for each cell
            of the map, so large regions get more.
        aligned: Whether the centers of pixels lie at 0.5; `False` is the older form, in which a
            region is shifted by half a cell and is at least one cell large.
        method: `"crop"`, `"gather"`, or `"auto"`: `"crop"` on TensorFlow.

    Returns:
        `(R, *size, C)`. There is no gradient to the boxes.

    Raises:
        ValueError: `method` is unknown, or the backend cannot run it.

    Example:

    >>> x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    >>> box, image = np.array([[0.0, 0, 4, 4]]), np.array([0])
    >>> y = keras_nonlocal.ops.roi_align([x], box, image, strides=(1,), size=(2, 2))
    >>> y.numpy()[0, ..., 0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    one_of("method", method, ROI_ALIGN_METHODS)
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if method == "crop" and not on_tensorflow:
        raise ValueError(
            "`method='crop'` needs the TensorFlow backend. Received: method='crop' on the "
            f"{keras.backend.backend()} backend. Use 'auto' or 'gather'."
        )
    maps = [ops.convert_to_tensor(x) for x in maps]
    boxes = ops.stop_gradient(ops.cast(boxes, "float32"))
    images = ops.cast(images, "int32")
    levels = ops.zeros_like(images) if levels is None else ops.cast(levels, "int32")
    strides = ops.take(ops.convert_to_tensor(strides, "float32"), levels)
    start, cell = _grid(boxes, strides, size, aligned)
    counts = _sample_counts(cell, sampling_ratio)
    regions = (start, cell, counts, images, levels, size)
    if on_tensorflow and method != "gather":
        dtype = keras.backend.standardize_dtype(maps[0].dtype)
        if dtype in _HALVES:  # the kernel does not take all of them, and returns float32
            maps = [ops.cast(x, "float32") for x in maps]
            return ops.cast(crop_levels(maps, *regions), dtype)
        return crop_levels(maps, *regions)
    return gather_levels(maps, *regions, sampling_ratio)


def _grid(boxes, strides, size, aligned):
    """Returns the first corner and the size of the cells `(R, 2)`: y and x, in cells of a map."""
    corners = ops.flip(boxes, axis=-1) / strides[:, None]  # y1, x1, y0, x0
    start, end = corners[:, 2:], corners[:, :2]
    if aligned:
        start, end = start - 0.5, end - 0.5
    sides = end - start if aligned else ops.maximum(end - start, 1.0)
    return start, sides / ops.convert_to_tensor(size, "float32")


def _sample_counts(cell, sampling_ratio):
    """Returns the number of samples of a cell along y and x, int32 `(R, 2)`."""
    if sampling_ratio:
        return ops.full_like(cell, sampling_ratio, "int32")
    return ops.cast(ops.maximum(ops.ceil(cell), 0.0), "int32")


def gather_levels(maps, start, cell, counts, images, levels, size, sampling_ratio):
    """The form of one gather: all levels of all images are rows of one table."""
    shapes = [ops.shape(x) for x in maps]
    table = ops.concatenate(
        [ops.reshape(x, (-1, shape[-1])) for x, shape in zip(maps, shapes, strict=True)]
    )
    areas = [height * width for _, height, width, _ in shapes]
    offsets, total = [], 0
    for (batch, *_), area in zip(shapes, areas, strict=True):
        offsets.append(total)
        total = total + batch * area
    height, width, area, offset = (
        ops.take(ops.stack([ops.cast(value, "int32") for value in values]), levels)
        for values in (
            [shape[1] for shape in shapes],
            [shape[2] for shape in shapes],
            areas,
            offsets,
        )
    )
    offset = offset + images * area
    most = (sampling_ratio,) * 2 if sampling_ratio else ops.max(counts, axis=0)
    number = most[0] * most[1]

    def corners(index):
        """Rows of the table and weights, of the four neighbors of one sample of each cell."""
        y = _neighbors(index // most[1], start[:, 0], cell[:, 0], counts[:, 0], height, size[0])
        x = _neighbors(index % most[1], start[:, 1], cell[:, 1], counts[:, 1], width, size[1])
        share = 1.0 / ops.cast(ops.maximum(counts[:, 0] * counts[:, 1], 1), "float32")
        rows = [
            (offset[:, None] + row * width[:, None], weight * share[:, None]) for row, weight in y
        ]
        return [
            (row[:, :, None] + column[:, None], row_weight[:, :, None] * weight[:, None])
            for row, row_weight in rows
            for column, weight in x
        ]

    def over_samples(step, value):
        if sampling_ratio:
            for index in range(number):
                value = step(index, value)
            return value
        return ops.while_loop(
            lambda index, _: index < number,
            lambda index, value: (index + 1, step(index, value)),
            (ops.zeros((), "int32"), value),
        )[1]

    @ops.custom_gradient
    def sample(table):
        def forward(index, total):
            for place, weight in corners(index):
                read = ops.take(table, place, axis=0)
                total = total + ops.cast(weight, table.dtype)[..., None] * read
            return total

        shape = (ops.shape(start)[0], *size, table.shape[-1])
        y = over_samples(forward, ops.zeros(shape, table.dtype))

        def gradient(*arguments, upstream=None):
            dy = arguments[0] if upstream is None else upstream

            def backward(index, total):
                for place, weight in corners(index):
                    added = ops.cast(weight, dy.dtype)[..., None] * dy
                    total = total + ops.segment_sum(
                        ops.reshape(added, (-1, dy.shape[-1])),
                        ops.reshape(place, (-1,)),
                        num_segments=ops.shape(table)[0],
                    )
                return total

            return over_samples(backward, ops.zeros_like(table))

        return y, gradient

    return sample(table)


def _neighbors(sample, start, cell, counts, length, cells):
    """Returns the two neighbors `(R, cells)` of one sample along an axis, and their weights."""
    inside = (ops.cast(sample, "float32") + 0.5) / ops.cast(ops.maximum(counts, 1), "float32")
    place = ops.arange(cells, dtype="float32")[None] + inside[:, None]
    place = start[:, None] + place * cell[:, None]
    limit = ops.cast(length, "float32")[:, None]
    counted = (place >= -1) & (place <= limit) & (sample < counts)[:, None]
    place = ops.clip(place, 0.0, limit - 1)
    low = ops.floor(place)
    high = ops.minimum(low + 1, limit - 1)
    weight, counted = place - low, ops.cast(counted, "float32")
    return (
        (ops.cast(low, "int32"), (1 - weight) * counted),
        (ops.cast(high, "int32"), weight * counted),
    )
