"""Testing on whole videos: many views of each, averaged; accuracies and how sure they are."""

from .callback import Evaluation as Evaluation
from .evaluator import Evaluator as Evaluator
from .metrics import average_precisions as average_precisions
from .metrics import clip_top_k as clip_top_k
from .metrics import confusion as confusion
from .metrics import interval as interval
from .metrics import mean_average_precision as mean_average_precision
from .metrics import per_class_accuracy as per_class_accuracy
from .metrics import summary as summary
from .metrics import top_k as top_k
from .scores import Scores as Scores
from .scores import read_scores as read_scores
from .scores import write_scores as write_scores
