"""Networks that find objects in regions of an image: heads, losses, and the model that trains."""

import keras

from . import pixel_layers
from .losses import TrainingOptions as TrainingOptions
from .network import RegionCNN as RegionCNN
from .variants import REGION_VARIANTS as REGION_VARIANTS
