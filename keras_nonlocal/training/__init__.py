"""Training: a recipe and a folder of videos -> a model, and how well that recipe does."""

from .augment import augment as augment
from .evaluate import leave_one_group_out as leave_one_group_out
from .evaluate import video_probabilities as video_probabilities
from .fit import build as build
from .fit import train as train
from .fit import training_clips as training_clips
from .recipe import Recipe as Recipe
from .recipe import read_recipe as read_recipe
from .recipe import write_recipe as write_recipe
