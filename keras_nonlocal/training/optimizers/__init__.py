"""Optimizers and learning rates by recipe."""

from .adamw import AdamW as AdamW
from .factory import CoupledSGD as CoupledSGD
from .factory import optimizer as optimizer
from .norm_layers import norms as norms
from .rescale_momentum import RescaleMomentum as RescaleMomentum
from .schedules import Warmup as Warmup
from .schedules import learning_rate as learning_rate
