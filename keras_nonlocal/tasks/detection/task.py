"""Detection of objects as a task that the training loop can train."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import keras
import tensorflow as tf

from ...images.object_batches import object_stream
from ...images.object_checks import ObjectReport, check_objects
from ...images.object_layouts import read_object_set
from ...images.objects import ObjectSet
from ...metrics.coco import CocoScores
from ...report.detection import detection_sections
from ...report.sections import Section
from ...training.run_folder import Run
from ...training.task import Models, TrainingData
from ..plan import TrainingPlan, plan_of
from .detector import Detector
from .evaluation import (
    DetectionEvaluation,
    check_object_classes,
    evaluate_detection,
    with_tolerances,
)
from .network import build_models, counted_parts, with_variant
from .recipe import DetectionRecipe


class Detection:
    """The task of finding the objects of images.

    Args:
        recipe: The network, its input, and how it is trained.
        source: Images with objects, in any form that `keras_nonlocal.images.read_object_set` reads.
        split: Name of the split of `source` to train on; `None` uses all images.
        validation: Images with objects on which the network is evaluated after each epoch.
        validation_subset: Name of the split to evaluate on: of `validation`, or of `source` if
            `validation` is `None`.
        service: Must be `None`; only shards of videos are read by a `tf.data` service.
        num_parallel_calls: Number of images to read in parallel.

    Raises:
        ValueError: The recipe and the data do not fit each other, or an object cannot be used.

    Example:
        run = fit(Detection(find_recipe("mask_rcnn_small"), "shapes"), "runs/shapes")
    """

    Recipe: ClassVar = DetectionRecipe
    Predictor: ClassVar = Detector

    def __init__(
        self,
        recipe: DetectionRecipe,
        source: Any,
        *,
        split: str | None = None,
        validation: Any = None,
        validation_subset: str | None = None,
        service: str | None = None,
        num_parallel_calls: int | None = None,
    ):
        if service is not None:
            raise ValueError(f"Detection takes no `service`. Received: service={service!r}")
        self._num_parallel_calls = num_parallel_calls
        self.objects = self._read(recipe, source, split)
        self.found = _checked(recipe, self.objects)
        if recipe.only_with_objects:
            self.objects = self.objects.with_objects()
        if not len(self.objects):
            raise ValueError("There must be an image with objects to train on. Received: none")
        self.recipe = with_variant(_with_keypoints(recipe, self.objects))
        names = self.objects.class_names
        is_path = isinstance(source, str | os.PathLike)
        name = os.fspath(source) if is_path else type(source).__name__
        self.data = TrainingData(name, len(self.objects), names, False, self.objects.digest)
        self._validation: ObjectSet | None = None
        if validation is not None or validation_subset is not None:
            chosen = source if validation is None else validation
            read = self._read(recipe, chosen, validation_subset)
            check_object_classes(len(names), read)
            _checked(recipe, read)
            self._validation = with_tolerances(read, recipe.keypoint_tolerance)
            self.data = replace(self.data, validation=read.digest)

    @staticmethod
    def _read(recipe: DetectionRecipe, source: Any, split: str | None) -> ObjectSet:
        objects = read_object_set(
            source,
            split=split,
            keypoints="keypoints" in recipe.kinds,
            class_names=recipe.class_names,
        )
        missing = [kind for kind in recipe.kinds if kind not in objects.kinds]
        if missing:
            raise ValueError(
                f"{recipe.builder} learns {' and '.join(recipe.kinds)}, so the objects must have "
                f"them. Received: objects with {' and '.join(objects.kinds)}"
            )
        return objects

    def build(self, *, read_weights: bool = True) -> Models:
        """Builds the network, which is both the model of inference and that of training."""
        return build_models(self.recipe, len(self.data.class_names), read_weights=read_weights)

    def loss(self) -> None:
        """Returns `None`: the network has its losses itself."""

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns none: the terms of the loss are logged by the network itself."""
        return []

    def batches(self, *, first: int = 0, shard: tuple[int, int] = (0, 1)) -> tf.data.Dataset:
        """Returns the training batches, starting with batch number `first`."""
        return self._batches(self.recipe, first=first, shard=shard)

    def _batches(self, recipe: DetectionRecipe, **part: Any) -> tf.data.Dataset:
        return object_stream(
            self.objects,
            spec=recipe.testing_image,
            kinds=recipe.kinds,
            augment=recipe.layers(),
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            size=recipe.size,
            max_objects=recipe.max_objects,
            num_parallel_calls=self._num_parallel_calls,
            **part,
        )

    def validation(self, model: keras.Model) -> DetectionEvaluation | None:
        """Returns the callback that evaluates `model` after each epoch."""
        if self._validation is None:
            return None
        recipe = self.recipe
        return DetectionEvaluation(self._validation, recipe.testing_image, model, recipe.kinds)

    def score(self, model: keras.Model) -> CocoScores | None:
        """Evaluates `model` on the validation images; `None` without validation."""
        if self._validation is None:
            return None
        recipe = self.recipe
        return evaluate_detection(model, self._validation, recipe.testing_image, kinds=recipe.kinds)

    def plan(self, *, measure: bool = True) -> TrainingPlan:
        """Estimates what a run needs, for images of the size of the recipe."""
        recipe = self.recipe
        shape = recipe.size or recipe.testing_image.resized(*self.objects.size(0))
        words = {"network": recipe.builder, "files": "images", "inputs": "images"}
        batches = self._batches if measure else None
        return plan_of(self, (*shape, 3), batches, counted_parts(recipe, (*shape, 3)), **words)

    def facts(self) -> list[tuple[str, object]]:
        """Returns the recipe, the network and the data for the top of the report."""
        data, recipe, found = self.data, self.recipe, self.found
        number = sum(found.objects.values())
        rows: list[tuple[str, object]] = [
            ("recipe", recipe.about or recipe.builder),
            ("network", recipe.builder),
            (
                "images",
                f"{data.source}: {data.examples:,} with {number:,} objects of "
                f"{len(data.class_names)} classes",
            ),
        ]
        if found.absent:
            rows.append(("never there", ", ".join(found.absent)))
        return rows

    def sections(self, scores: CocoScores) -> Mapping[str, Section | None]:
        """Returns the sections of the report for these scores."""
        return detection_sections(scores)

    @staticmethod
    def networks(recipe: DetectionRecipe, data: TrainingData) -> Models:
        """Builds the models of a run, with random weights."""
        return build_models(recipe, len(data.class_names), read_weights=False)

    @staticmethod
    def predictor(run: Run) -> Detector:
        """Returns the network of a run as a predictor of image files."""
        recipe: Any = run.recipe
        return Detector(
            run.model,
            run.class_names,
            recipe.testing_image,
            recipe.keypoint_names,
            recipe.skeleton,
            recipe.keypoint_tolerance,
        )


def _checked(recipe: DetectionRecipe, objects: ObjectSet) -> ObjectReport:
    """Checks the objects, of which some must have keypoints if these are to be found."""
    found = check_objects(objects, kinds=recipe.kinds)
    if "keypoints" in recipe.kinds and not found.with_keypoints:
        raise ValueError(
            f"{recipe.builder} needs images with labeled keypoints, to train and to be evaluated. "
            f"Received: {len(objects)} images without any"
        )
    return found


def _with_keypoints(recipe: DetectionRecipe, objects: ObjectSet) -> DetectionRecipe:
    """Writes into the recipe what the data says about keypoints.

    The folder of a run holds the recipe, so the network can be built and drawn without the data.
    """
    if "keypoints" not in recipe.kinds:
        return recipe
    return recipe.changed(
        arguments={**recipe.arguments, "keypoints": len(objects.keypoint_names)},
        keypoint_names=objects.keypoint_names,
        skeleton=objects.skeleton,
    )
