"""Pure functions of tensors: the pairwise functions, their exact fast forms, and relatives."""

import keras

from .pairwise import AFFINITIES as AFFINITIES
from .pairwise import dense as dense
from .planner import METHODS as METHODS
from .planner import attend as attend
from .relatives import attention_pool as attention_pool
from .relatives import criss_cross as criss_cross
from .relatives import subtract_mean as subtract_mean
from .resize import resize_bilinear as resize_bilinear
