"""Pure functions of tensors: the pairwise functions, their exact fast forms, the planner."""

import keras

from .pairwise import AFFINITIES as AFFINITIES
from .pairwise import dense as dense
from .planner import METHODS as METHODS
from .planner import attend as attend
