"""Pure functions of tensors: the pairwise functions, exact fast forms, and their choice."""

import keras

from .pairwise import AFFINITIES as AFFINITIES
from .pairwise import dense as dense
from .planner import METHODS as METHODS
from .planner import attend as attend
