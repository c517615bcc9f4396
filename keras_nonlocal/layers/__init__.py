"""Keras layers: weights and configuration; the math is in `keras_nonlocal.ops`."""

import keras

from .batch_norm import BatchNorm as BatchNorm
from .conv import Conv3D as Conv3D
from .max_pool import MaxPool3D as MaxPool3D
from .non_local import NonLocal1D as NonLocal1D
from .non_local import NonLocal2D as NonLocal2D
from .non_local import NonLocal3D as NonLocal3D
from .resize import ResizeLike as ResizeLike
from .window_average import WindowAverage3D as WindowAverage3D
