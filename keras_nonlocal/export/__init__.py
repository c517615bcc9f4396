"""Networks for inference: the same outputs with less computation."""

import keras

from .fold_batch_norm import fold_batch_norm as fold_batch_norm
from .freeze import freeze as freeze
from .saved_model import saved_model as saved_model
from .signature import Served as Served
from .signature import Signature as Signature
