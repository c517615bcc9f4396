"""Video classification as a task: what the training loop asks, answered for videos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import tensorflow as tf

from ...data.sources.read import read_source
from ...metrics.scores import Scores
from ...report.classification import classification_sections
from ...report.sections import Section
from ...training.run_folder import Run
from ...training.task import Models, TrainingData
from ...video.pipeline import check_mixing
from . import report_samples
from .classifier import VideoClassifier
from .data import check_labels, open_source, training_clips
from .evaluation_callback import Evaluation
from .evaluator import Evaluator
from .network import build, loss_of, metrics_of
from .plan import TrainingPlan, plan_of
from .recipe import VideoRecipe

SAMPLES = 6  # videos on the page of a run


class VideoClassification:
    """Learns which classes videos show.

    Args:
        recipe: The network, its input, and how to train it.
        source: Videos and their classes, as `keras_nonlocal.data.read_source` reads them, or a
            folder of shards.
        split: Only the videos of this split of `source`.
        validation: Videos to test on after each epoch.
        validation_subset: The split of `validation`, or of `source` if that is `None`.
        service: Address of a `tf.data` service that reads shards.
        num_parallel_calls: How many videos are decoded at once.

    Raises:
        ValueError: Recipe and data do not go together.

    Example:
        run = fit(VideoClassification(find_recipe("nl_i3d_r50_32x2"), "kinetics"), "runs/mine")
    """

    Recipe: ClassVar = VideoRecipe

    def __init__(
        self,
        recipe: VideoRecipe,
        source: Any,
        *,
        split: str | None = None,
        validation: Any = None,
        validation_subset: str | None = None,
        service: str | None = None,
        num_parallel_calls: int | None = None,
    ):
        self.recipe = recipe
        self.videos, self.data = open_source(source, split)
        check_labels(recipe, self.data)
        if validation is None and validation_subset is not None:
            validation = source
        self._unseen = None
        if validation is not None:
            names = self.data.class_names
            self._unseen = read_source(validation, split=validation_subset, class_names=names)
            self.data = replace(self.data, validation=self._unseen.digest)
        check_mixing(recipe.layers(), self._classes, recipe.batch_size, training=True)
        inputs = {"service": service, "num_parallel_calls": num_parallel_calls, "check": False}
        self._stream = partial(training_clips, recipe, self.videos, **inputs)

    def build(self, *, read_weights: bool = True) -> Models:
        return build(self.recipe, self._classes, read_weights=read_weights)

    def loss(self) -> keras.losses.Loss:
        return loss_of(self.recipe)

    def metrics(self) -> list[keras.metrics.Metric]:
        return metrics_of(self.recipe, self._classes)

    def batches(self, *, first: int = 0, shard: tuple[int, int] = (0, 1)) -> tf.data.Dataset:
        return self._stream(first=first, shard=shard)

    def validation(self, model: keras.Model) -> Evaluation | None:
        if self._unseen is None:
            return None
        evaluator = Evaluator(self.recipe.testing_clip)
        evaluator.check(model, self._unseen)
        return Evaluation(evaluator, self._unseen, network=model, check=False)

    def score(self, model: keras.Model) -> Scores | None:
        if self._unseen is None:
            return None
        evaluator = Evaluator(self.recipe.testing_clip)
        return evaluator.evaluate(model, self._unseen, progress=False)

    def facts(self) -> list[tuple[str, object]]:
        data, recipe = self.data, self.recipe
        return [
            ("recipe", recipe.about or recipe.builder),
            ("network", recipe.builder),
            ("videos", f"{data.source}: {data.examples:,} of {self._classes} classes"),
        ]

    def sections(self, scores: Scores) -> Mapping[str, Section | None]:
        return classification_sections(scores, samples=report_samples.section(scores, SAMPLES))

    def plan(self, *, measure: bool = True) -> TrainingPlan:
        return plan_of(self, measure=measure)

    @staticmethod
    def networks(recipe: VideoRecipe, data: TrainingData) -> Models:
        """The networks of a run, with fresh weights."""
        return build(recipe, len(data.class_names), read_weights=False)

    @staticmethod
    def predictor(run: Run) -> VideoClassifier:
        """What a run has learned, ready for video files."""
        recipe: Any = run.recipe
        return VideoClassifier(run.model, run.class_names, recipe.testing_clip)

    @property
    def _classes(self) -> int:
        return len(self.data.class_names)
