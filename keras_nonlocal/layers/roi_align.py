"""RoI align over the levels of a pyramid, as a layer."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.roi_align import ROI_ALIGN_METHODS, pyramid_levels, roi_align
from ..utils.checks import at_least, one_of, sizes


@keras.saving.register_keras_serializable("keras_nonlocal")
class RoiAlign(keras.layers.Layer):
    """Reads the features of boxes from a pyramid, on a grid of the same size for each box.

    A box is read from the level that fits its size: boxes of about 224 pixels from a level of
    stride 16, boxes of half that size from the level below.

    Args:
        size: Height and width of the grid.
        strides: Size of a cell of each level, in pixels: powers of two.
        sampling_ratio: Number of samples of a cell of the grid along each axis; 0 takes more
            samples for larger boxes, as Detectron2 does.
        aligned: Whether the centers of pixels lie at 0.5. `False` is the older form.
        method: `"auto"`, `"crop"` or `"gather"`, see `keras_nonlocal.ops.roi_align`. Use `"gather"`
            in a model that XLA compiles.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: A list of the boxes `(B, R, 4)`, as `(x0, y0, x1, y1)` in pixels of the image, and
            of each level of the pyramid `(B, H, W, C)`.

    Returns:
        `(B * R, *size, C)`: the boxes of the first image, then those of the second.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> layer = keras_nonlocal.layers.RoiAlign((7, 7), strides=(4, 8))
    >>> boxes, p2, p3 = np.zeros((2, 5, 4)), np.zeros((2, 16, 16, 8)), np.zeros((2, 8, 8, 8))
    >>> tuple(layer([boxes, p2, p3]).shape)
    (10, 7, 7, 8)
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        strides: tuple[int, ...] = (4, 8, 16, 32),
        sampling_ratio: int = 2,
        aligned: bool = True,
        method: str = "auto",
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        sizes("size", size, 2)
        at_least("sampling_ratio", sampling_ratio, 0)
        one_of("method", method, ROI_ALIGN_METHODS)
        height, width = size
        self.size, self.strides = (height, width), tuple(strides)
        self.sampling_ratio, self.aligned, self.method = sampling_ratio, aligned, method
        self.supports_jit = method == "gather" or keras.backend.backend() != "tensorflow"

    def call(self, inputs):
        boxes, *maps = inputs
        batch, number = ops.shape(boxes)[0], ops.shape(boxes)[1]
        images = ops.repeat(ops.arange(batch, dtype="int32"), number)
        boxes = ops.reshape(boxes, (-1, 4))
        lowest = self.strides[0].bit_length() - 1
        levels = pyramid_levels(boxes, lowest, lowest + len(maps) - 1) - lowest
        return roi_align(
            maps,
            boxes,
            images,
            levels,
            strides=self.strides,
            size=self.size,
            sampling_ratio=self.sampling_ratio,
            aligned=self.aligned,
            method=self.method,
        )

    def compute_output_shape(self, input_shape):
        (batch, number, _), *maps = input_shape
        regions = None if batch is None or number is None else batch * number
        return (regions, *self.size, maps[0][-1])

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, inputs[1].dtype)

    def get_config(self):
        names = ("size", "strides", "sampling_ratio", "aligned", "method")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
