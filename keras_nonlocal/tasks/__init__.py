"""Tasks: what is learned, from which data, and how it is tested; and what is common to them."""

import keras

from ..pretrained.entries import recipe_names as recipe_names
from .predictor import Predictor as Predictor
from .predictor import load_run as load_run
from .predictor import read_run as read_run
from .recipes import find_recipe as find_recipe
from .recipes import read_recipe as read_recipe
from .table import TASKS as TASKS
from .train import plan_training as plan_training
from .train import train as train
