"""Non-local layers, their relatives, and other layers of the networks. The math is in `ops`."""

import keras

from . import detections, padding, region_proposals
from .batch_norm import BatchNorm as BatchNorm
from .conv import Conv3D as Conv3D
from .criss_cross import CrissCross2D as CrissCross2D
from .criss_cross import CrissCross3D as CrissCross3D
from .disentangled import DisentangledNonLocal1D as DisentangledNonLocal1D
from .disentangled import DisentangledNonLocal2D as DisentangledNonLocal2D
from .disentangled import DisentangledNonLocal3D as DisentangledNonLocal3D
from .global_context import GlobalContext1D as GlobalContext1D
from .global_context import GlobalContext2D as GlobalContext2D
from .global_context import GlobalContext3D as GlobalContext3D
from .non_local import NonLocal1D as NonLocal1D
from .non_local import NonLocal2D as NonLocal2D
from .non_local import NonLocal3D as NonLocal3D
from .pooling import MaxPool3D as MaxPool3D
from .pooling import WindowAverage3D as WindowAverage3D
from .resize import ResizeLike as ResizeLike
from .roi_align import RoiAlign as RoiAlign
