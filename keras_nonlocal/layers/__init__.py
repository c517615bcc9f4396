"""Non-local layers, and the other Keras layers of the networks. The math is in `ops`."""

import keras

from .batch_norm import BatchNorm as BatchNorm
from .conv import Conv3D as Conv3D
from .non_local import NonLocal1D as NonLocal1D
from .non_local import NonLocal2D as NonLocal2D
from .non_local import NonLocal3D as NonLocal3D
from .pooling import MaxPool3D as MaxPool3D
from .pooling import WindowAverage3D as WindowAverage3D
from .resize import ResizeLike as ResizeLike
