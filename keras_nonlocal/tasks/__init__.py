"""Tasks: their recipes, training, and the predictors of trained networks."""

import keras

from ..utils.entries import recipe_names as recipe_names
from .predictor import Predictor as Predictor
from .predictor import load_run as load_run
from .predictor import read_run as read_run
from .recipes import TASKS as TASKS
from .recipes import find_recipe as find_recipe
from .recipes import read_recipe as read_recipe
from .train import plan_training as plan_training
from .train import train as train
