"""Semantic segmentation: its recipe, losses, training, evaluation and predictor."""

from .evaluation import SegmentationEvaluation as SegmentationEvaluation
from .evaluation import evaluate_segmentation as evaluate_segmentation
from .losses import PixelAccuracy as PixelAccuracy
from .losses import PixelCrossEntropy as PixelCrossEntropy
from .recipe import SegmentationRecipe as SegmentationRecipe
from .segmenter import Segmenter as Segmenter
from .task import Segmentation as Segmentation
