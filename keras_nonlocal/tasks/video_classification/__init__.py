"""Video classification: its recipe, networks, training data, evaluation and predictor."""

from .classifier import VideoClassifier as VideoClassifier
from .data import training_clips as training_clips
from .evaluation_callback import Evaluation as Evaluation
from .evaluator import Evaluator as Evaluator
from .recipe import VideoRecipe as VideoRecipe
from .task import VideoClassification as VideoClassification
from .timeline import Segment as Segment
from .timeline import TimedAnswer as TimedAnswer
from .timeline import classify_over_time as classify_over_time
from .timeline import segments as segments
