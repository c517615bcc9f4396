"""Video classification as a task that the training loop can train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import tensorflow as tf

from ...data.manifest import Manifest
from ...metrics.scores import Scores
from ...report.classification import classification_sections
from ...report.sections import Section
from ...training.run_folder import Run
from ...training.task import Models, TrainingData
from ...video.pipeline import check_mixing
from ...video.shards.evaluation import read_videos
from ..plan import TrainingPlan, plan_of
from . import report_samples
from .auto_fields import resolved
from .classifier import VideoClassifier
from .data import check_labels, open_source, training_clips
from .evaluation_callback import Evaluation
from .evaluator import Evaluator
from .network import build, loss_of, metrics_of
from .opposite_classes import warn_of_opposites
from .recipe import VideoRecipe
from .video_facts import video_facts
from .wrapping import length_line

SAMPLES = 6  # number of videos in the report


class VideoClassification:
    """The task of classifying videos.

    Args:
        recipe: The network, its input, and how it is trained. Fields that are `"auto"` become
            numbers that fit the training videos; the attribute `recipe` has them.
        source: Labeled videos, in any form that `keras_nonlocal.data.read_source` reads, or a
            folder of shards.
        split: Name of the split of `source` to train on; `None` uses all videos.
        validation: Videos, or a folder of shards, on which the network is evaluated after each
            epoch.
        validation_subset: Name of the split to evaluate on: of `validation`, or of `source` if
            `validation` is `None`.
        service: Address of a `tf.data` service that reads shards.
        num_parallel_calls: Number of videos to decode in parallel.

    Raises:
        ValueError: The recipe and the data do not fit each other.

    Example:
        run = fit(VideoClassification(find_recipe("nl_i3d_r50_32x2"), "kinetics"), "runs/mine")
    """

    Recipe: ClassVar = VideoRecipe
    Predictor: ClassVar = VideoClassifier

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
        self.videos, self.data = open_source(source, split)
        check_labels(recipe, self.data)
        self.recipe = recipe = resolved(recipe, self.videos)
        warn_of_opposites(recipe, self.data.class_names)
        if validation is None and validation_subset is not None:
            validation = source
        self._validation = None
        if validation is not None:
            names = self.data.class_names
            self._validation = read_videos(validation, split=validation_subset, class_names=names)
            self.data = replace(self.data, validation=self._validation.digest)
        check_mixing(recipe.layers(), self._classes, recipe.batch_size, training=True)
        options = {"service": service, "num_parallel_calls": num_parallel_calls, "check": False}
        self._training_clips = partial(training_clips, recipe, self.videos, **options)

    def build(self, *, read_weights: bool = True) -> Models:
        """Builds the models of the recipe."""
        return build(self.recipe, self._classes, read_weights=read_weights)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss of the recipe."""
        return loss_of(self.recipe)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns the metrics of clips during training."""
        return metrics_of(self.recipe, self._classes)

    def batches(self, *, first: int = 0, shard: tuple[int, int] = (0, 1)) -> tf.data.Dataset:
        """Returns the training batches, starting with batch number `first`."""
        return self._training_clips(first=first, shard=shard)

    def validation(self, model: keras.Model) -> Evaluation | None:
        """Returns the callback that evaluates `model` after each epoch."""
        if self._validation is None:
            return None
        evaluator = Evaluator(self.recipe.testing_clip)
        evaluator.check(model, self._validation)
        return Evaluation(evaluator, self._validation, network=model, check=False)

    def score(self, model: keras.Model) -> Scores | None:
        """Evaluates `model` on the validation videos; `None` without validation."""
        if self._validation is None:
            return None
        evaluator = Evaluator(self.recipe.testing_clip)
        return evaluator.evaluate(model, self._validation, progress=False)

    def facts(self) -> list[tuple[str, object]]:
        """Returns the recipe, the network and the data for the top of the report."""
        data, recipe = self.data, self.recipe
        return [
            ("recipe", recipe.about or recipe.builder),
            ("network", recipe.builder),
            ("videos", f"{data.source}: {data.examples:,} of {self._classes} classes"),
        ]

    def sections(self, scores: Scores) -> Mapping[str, Section | None]:
        """Returns the sections of the report for these scores."""
        return classification_sections(
            scores, samples=report_samples.samples_section(scores, SAMPLES)
        )

    def plan(self, *, measure: bool = True) -> TrainingPlan:
        """Estimates what a run needs."""
        words = {"network": self.recipe.builder, "files": "videos", "inputs": "clips"}
        batches = partial(training_clips, source=self.videos, check=False) if measure else None
        plan = plan_of(self, self.recipe.input_shape, batches, **words)
        return replace(plan, notes=self._notes())

    @staticmethod
    def networks(recipe: VideoRecipe, data: TrainingData) -> Models:
        """Builds the models of a run, with random weights."""
        return build(recipe, len(data.class_names), read_weights=False)

    @staticmethod
    def predictor(run: Run) -> VideoClassifier:
        """Returns the network of a run as a classifier of video files."""
        recipe: Any = run.recipe
        return VideoClassifier(run.model, run.class_names, recipe.testing_clip)

    def _notes(self) -> tuple[tuple[str, str], ...]:
        """What part of its video a clip shows; nothing for shards, which do not say their times."""
        if not isinstance(self.videos, Manifest):
            return ()
        facts = video_facts(self.videos)
        return (("length", length_line(self.recipe.training_clip, facts)),)

    @property
    def _classes(self) -> int:
        return len(self.data.class_names)
