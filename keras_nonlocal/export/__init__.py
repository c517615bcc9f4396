"""Networks for inference: the same outputs with less computation."""

import keras

from .fold_batch_norm import fold_batch_norm as fold_batch_norm
from .freeze import freeze as freeze
