"""Feature networks in the functional API, and the tables they are built from."""

import keras

from .backbone import Backbone as Backbone
from .variants import VARIANTS as VARIANTS
