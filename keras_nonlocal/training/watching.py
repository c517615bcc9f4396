"""The callbacks that a recipe and a validation set ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from ..data import Manifest
from ..evaluation import Evaluation, Evaluator
from .momentum import RescaleMomentum
from .network import Network
from .precise_norm import precise_batch_norm
from .recipe import Recipe
from .schedules import learning_rate


class PreciseNorm(keras.callbacks.Callback):
    """Averages the statistics of batch norms anew at the end of each epoch.

    Args:
        stream: Makes batches of `(clips, targets)` from the number of the first one on.
        batches: Over how many of them.
    """

    def __init__(self, stream: Callable[..., tf.data.Dataset], batches: int):
        super().__init__()
        self._stream, self._batches = stream, batches

    def on_epoch_end(self, epoch, logs=None):
        first = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        precise_batch_norm(self.model, self._stream(first=first), self._batches)


def callbacks_by(
    recipe: Recipe, stream: Callable[..., tf.data.Dataset], steps_per_epoch: int
) -> list[keras.callbacks.Callback]:
    """What the recipe does between steps and epochs."""
    callbacks: list[keras.callbacks.Callback] = []
    if recipe.rescale_momentum:
        callbacks.append(RescaleMomentum(learning_rate(recipe, steps_per_epoch)))
    if recipe.precise_norm_batches:
        callbacks.append(PreciseNorm(stream, recipe.precise_norm_batches))
    return callbacks


def validation_by(recipe: Recipe, network: Network, videos: Manifest | None) -> Evaluation | None:
    """Tests the network after each epoch as the recipe says; `None` without videos to test on."""
    if videos is None:
        return None
    evaluator = evaluator_by(recipe)
    evaluator.check(network.classifier, videos)
    return Evaluation(evaluator, videos, network=network.classifier, check=False)


def evaluator_by(recipe: Recipe, **options) -> Evaluator:
    """How a recipe's network is tested; `options` of `Evaluator` take the place of the recipe's."""
    given = {
        "clips": recipe.test_clips,
        "crops": recipe.test_crops,
        "flip": recipe.test_flip,
        "preparation": recipe.preparation,
    }
    return Evaluator(recipe.testing_clip, **{**given, **options})


def watched(test: Evaluation) -> str:
    """The number of a validation by which the best weights are chosen."""
    return test.prefix + ("mean_average_precision" if test.source.multi_label else "video_top1")


def tensorboard_in(folder: Path | None, wanted: bool) -> list[keras.callbacks.Callback]:
    """Logs for TensorBoard in the folder of a run."""
    if not wanted:
        return []
    if folder is None:
        raise ValueError("`tensorboard` needs a folder to write to. Received: folder=None")
    try:
        return [keras.callbacks.TensorBoard(folder / "tensorboard", update_freq="epoch")]
    except ImportError as error:
        raise ImportError(
            'TensorBoard is not installed: pip install "keras_nonlocal[tensorboard]"'
        ) from error
