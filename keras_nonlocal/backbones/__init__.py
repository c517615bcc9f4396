"""Feature networks in the functional API, and the table of their variants."""

import keras

from .backbone import Backbone as Backbone
from .variants import VARIANTS as VARIANTS
