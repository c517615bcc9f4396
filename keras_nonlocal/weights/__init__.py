"""Loads pretrained weights: converts names and layouts, inflates kernels, checks every shape."""

import keras

from .convert import convert as convert
from .convert import find_source as find_source
from .inflate import load_inflated as load_inflated
from .load import load_weights as load_weights
from .name_maps import SOURCES as SOURCES
