"""Keras layers: weights and configuration; the math is in `keras_nonlocal.ops`."""

from .non_local import NonLocal1D as NonLocal1D
from .non_local import NonLocal2D as NonLocal2D
from .non_local import NonLocal3D as NonLocal3D
