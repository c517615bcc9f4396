"""Pure functions of tensors: the pairwise functions, their exact fast forms, the planner."""

from .concatenation import sorted_sums as sorted_sums
from .dot_product import associated as associated
from .fused import fused as fused
from .pairwise import AFFINITIES as AFFINITIES
from .pairwise import dense as dense
from .pairwise import wide as wide
from .planner import FORMS as FORMS
from .planner import METHODS as METHODS
from .planner import Sizes as Sizes
from .planner import attend as attend
from .planner import block_size as block_size
from .planner import check_method as check_method
from .planner import choose as choose
from .positions import AXES as AXES
from .positions import check_channels_last as check_channels_last
from .positions import count_sets as count_sets
from .positions import fold as fold
from .positions import unfold as unfold
from .softmax import blocked as blocked
