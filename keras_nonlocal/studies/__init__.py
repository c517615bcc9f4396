"""Recipes compared on the same videos: seeds, groups left out, a table and a plot."""

import keras

from .comparison import compare as compare
from .comparison import write_comparison as write_comparison
from .study import Study as Study
from .study import read_study as read_study
from .study_run import run_study as run_study
