"""Accuracy, average precision, mean IoU and confusion, confidence intervals, files of scores."""

from .coco import CocoScores as CocoScores
from .coco import coco_average_precision as coco_average_precision
from .coco_results import write_coco_json as write_coco_json
from .metrics import average_precisions as average_precisions
from .metrics import bootstrap_interval as bootstrap_interval
from .metrics import confusion as confusion
from .metrics import per_class_accuracy as per_class_accuracy
from .metrics import summary as summary
from .metrics import top_k as top_k
from .pixels import PixelScores as PixelScores
from .pixels import pixel_confusion as pixel_confusion
from .scores import Scores as Scores
from .scores_file import read_scores as read_scores
from .scores_file import write_scores as write_scores
