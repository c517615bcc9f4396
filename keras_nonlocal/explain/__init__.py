"""Explanation of non-local blocks: the positions they attend to, and plots of them."""

import keras

from .attention import attend_to as attend_to
from .plot import draw_attention as draw_attention
