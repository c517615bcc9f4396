"""Recipes compared on the same videos: seeds, groups left out, a table and a plot."""

import keras

from .comparison import compare as compare
from .comparison_files import write_comparison as write_comparison
from .study import Study as Study
from .study import groups_of as groups_of
from .study import read_study as read_study
from .study import study_path as study_path
from .study_run import run_study as run_study
