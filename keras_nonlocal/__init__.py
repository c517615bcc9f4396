"""Non-local Neural Networks (Wang, Girshick, Gupta, He, CVPR 2018) for Keras 3."""

from . import layers as layers
from . import models as models
from .accounting import flops as flops
from .accounting import plan as plan
