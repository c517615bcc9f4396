"""What a non-local block attends to: strongest positions, and pictures of them."""

import keras

from .attention import attend_to as attend_to
from .plot import draw_attention as draw_attention
