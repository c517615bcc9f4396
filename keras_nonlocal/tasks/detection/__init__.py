"""Detection of objects: its recipe, training, evaluation and predictor."""

from .coco_metric import CocoAveragePrecision as CocoAveragePrecision
from .detector import Detector as Detector
from .evaluation import DetectionEvaluation as DetectionEvaluation
from .evaluation import evaluate_detection as evaluate_detection
from .recipe import DetectionRecipe as DetectionRecipe
from .task import Detection as Detection
