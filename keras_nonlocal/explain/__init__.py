"""Explanation of non-local blocks: the positions they attend to, and pictures of them."""

import keras

from .evidence import class_evidence as class_evidence
from .health import BlockHealth as BlockHealth
from .health import report as report
from .heat import draw_heat_maps as draw_heat_maps
from .heat import heat_frames as heat_frames
from .heat import write_attention_gif as write_attention_gif
from .page import write_page as write_page
from .plot import draw_attention as draw_attention
from .positions import TopPositions as TopPositions
from .positions import top_positions as top_positions
from .queries import Box as Box
from .queries import Position as Position
from .region_picture import draw_region_attention as draw_region_attention
from .regions import RegionAttention as RegionAttention
from .regions import region_attention as region_attention
from .rows import attention_maps as attention_maps
