"""Optimizers and learning rate schedules of recipes."""

from .adamw import AdamW as AdamW
from .factory import CoupledSGD as CoupledSGD
from .factory import optimizer as optimizer
from .rescale_momentum import RescaleMomentum as RescaleMomentum
from .schedules import Warmup as Warmup
from .schedules import learning_rate as learning_rate
