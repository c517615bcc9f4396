"""What a non-local block attends to: strongest positions, and pictures of them."""

from .attention import Attention as Attention
from .attention import Place as Place
from .attention import attend_to as attend_to
from .picture import draw_attention as draw_attention
