"""Training of any task: the training loop, the folder of a run, and how a run resumes."""

import keras

from ..utils.errors import TrainingStopped as TrainingStopped
from .distributed.strategies import strategy_for as strategy_for
from .fit import fit as fit
from .norm_layers import precise_batch_norm as precise_batch_norm
from .optimizers import CoupledSGD as CoupledSGD
from .optimizers import RescaleMomentum as RescaleMomentum
from .optimizers import Warmup as Warmup
from .recipe import BaseRecipe as BaseRecipe
from .recipe_files import change_recipe as change_recipe
from .recipe_files import write_recipe as write_recipe
from .run_folder import Run as Run
from .task import Models as Models
from .task import Task as Task
from .task import TrainingData as TrainingData
