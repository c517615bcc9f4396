"""Explanation of non-local blocks: the positions they attend to, and pictures of them."""

import keras

from .evidence import class_evidence as class_evidence
from .plot import draw_attention as draw_attention
from .positions import TopPositions as TopPositions
from .positions import top_positions as top_positions
from .queries import Box as Box
from .queries import Position as Position
from .rows import attention_maps as attention_maps
