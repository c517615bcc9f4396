"""Inserts non-local blocks into any functional Keras model, and takes them out again."""

import keras

from .insert import insert_nonlocal as insert_nonlocal
from .insert import remove_nonlocal as remove_nonlocal
