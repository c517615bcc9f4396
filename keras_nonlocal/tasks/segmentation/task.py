"""Semantic segmentation as a task that the training loop can train."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import keras
import tensorflow as tf

from ...images.layouts import read_mask_set
from ...images.mask_set import check_masks
from ...images.stream import segmentation_stream
from ...metrics.pixels import PixelScores
from ...report.sections import Section
from ...report.segmentation import segmentation_sections
from ...training.run_folder import Run
from ...training.task import Models, TrainingData
from ...utils.roles import AUXILIARY, LOGITS
from ..building import build_network, precision
from ..plan import TrainingPlan, plan_of
from .evaluation import SegmentationEvaluation, check_same_classes, evaluate_segmentation
from .losses import PixelAccuracy, PixelCrossEntropy
from .recipe import SegmentationRecipe
from .segmenter import Segmenter, colors_of


class Segmentation:
    """The task of labeling the pixels of images.

    Args:
        recipe: The network, its input, and how it is trained.
        source: Images with masks, in any form that `keras_nonlocal.images.read_mask_set` reads.
        split: Name of the split of `source` to train on; `None` uses all images.
        validation: Images with masks on which the network is evaluated after each epoch.
        validation_subset: Name of the split to evaluate on: of `validation`, or of `source` if
            `validation` is `None`.
        service: Must be `None`; only shards of videos are read by a `tf.data` service.
        num_parallel_calls: Number of images to read in parallel.

    Raises:
        ValueError: The recipe and the data do not fit each other, or a mask cannot be used.

    Example:
        run = fit(Segmentation(find_recipe("camvid_cpu"), "camvid"), "runs/streets")
    """

    Recipe: ClassVar = SegmentationRecipe
    Predictor: ClassVar = Segmenter

    def __init__(
        self,
        recipe: SegmentationRecipe,
        source: Any,
        *,
        split: str | None = None,
        validation: Any = None,
        validation_subset: str | None = None,
        service: str | None = None,
        num_parallel_calls: int | None = None,
    ):
        if service is not None:
            raise ValueError(f"Segmentation takes no `service`. Received: service={service!r}")
        self.masks, self._num_parallel_calls = (
            read_mask_set(source, split=split),
            num_parallel_calls,
        )
        self.recipe = recipe = replace(recipe, palette=recipe.palette or self.masks.palette or None)
        self.pixels = check_masks(self.masks)
        names = self.masks.class_names
        for option in ("class_weights", "palette"):
            given = getattr(recipe, option)
            if given is not None and len(given) != len(names):
                raise ValueError(
                    f"`{option}` must have an entry for each of the {len(names)} classes, or be "
                    f"None (`--set {option}=null`). Received: {len(given)} entries"
                )
        is_path = isinstance(source, str | os.PathLike)
        name = os.fspath(source) if is_path else type(source).__name__
        self.data = TrainingData(name, len(self.masks), names, False, self.masks.digest)
        self._validation = None
        if validation is not None or validation_subset is not None:
            chosen = source if validation is None else validation
            self._validation = read_mask_set(chosen, split=validation_subset)
            check_same_classes(len(names), self._validation)
            check_masks(self._validation)
            self.data = replace(self.data, validation=self._validation.digest)

    def build(self, *, read_weights: bool = True) -> Models:
        """Builds the models of the recipe; the inference model has no auxiliary head."""
        return _build(self.recipe, len(self.data.class_names), read_weights)

    def loss(self) -> dict[str, keras.losses.Loss]:
        """Returns the loss of each head."""
        recipe = self.recipe
        names = ("divide_by", "class_weights", "hard_below", "hard_share", "dice")
        options = {name: getattr(recipe, name) for name in names}
        weights = {LOGITS: 1.0, AUXILIARY: recipe.auxiliary_weight}
        return {
            head: PixelCrossEntropy(weight, **options) for head, weight in weights.items() if weight
        }

    def metrics(self) -> dict[str, list[keras.metrics.Metric]]:
        """Returns the accuracy of pixels during training."""
        return {LOGITS: [PixelAccuracy()]}

    def batches(self, *, first: int = 0, shard: tuple[int, int] = (0, 1)) -> tf.data.Dataset:
        """Returns the training batches, starting with batch number `first`."""
        return self._batches(self.recipe, first=first, shard=shard)

    def _batches(self, recipe: SegmentationRecipe, **part: Any) -> tf.data.Dataset:
        stream = segmentation_stream(
            self.masks,
            spec=recipe.testing_image,
            augment=recipe.layers(),
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            num_parallel_calls=self._num_parallel_calls,
            **part,
        )
        heads = list(self.loss())
        return stream.map(lambda images, labels: (images, dict.fromkeys(heads, labels)))

    def validation(self, model: keras.Model) -> SegmentationEvaluation | None:
        """Returns the callback that evaluates `model` after each epoch."""
        if self._validation is None:
            return None
        return SegmentationEvaluation(self._validation, self.recipe.testing_image, model)

    def score(self, model: keras.Model) -> PixelScores | None:
        """Evaluates `model` on the validation images; `None` without validation."""
        if self._validation is None:
            return None
        return evaluate_segmentation(model, self._validation, self.recipe.testing_image)

    def plan(self, *, measure: bool = True) -> TrainingPlan:
        """Estimates what a run needs."""
        words = {"network": self.recipe.builder, "files": "images", "inputs": "windows"}
        batches = self._batches if measure else None
        return plan_of(self, (*self.recipe.size, 3), batches, **words)

    def facts(self) -> list[tuple[str, object]]:
        """Returns the recipe, the network and the data for the top of the report."""
        data, recipe = self.data, self.recipe
        rows: list[tuple[str, object]] = [
            ("recipe", recipe.about or recipe.builder),
            ("network", recipe.builder),
            ("images", f"{data.source}: {data.examples:,} of {len(data.class_names)} classes"),
        ]
        if self.pixels.absent:
            rows.append(("never labeled", ", ".join(self.pixels.absent)))
        return rows

    def sections(self, scores: PixelScores) -> Mapping[str, Section | None]:
        """Returns the sections of the report for these scores."""
        return segmentation_sections(scores)

    @staticmethod
    def networks(recipe: SegmentationRecipe, data: TrainingData) -> Models:
        """Builds the models of a run, with random weights."""
        return _build(recipe, len(data.class_names), read_weights=False)

    @staticmethod
    def predictor(run: Run) -> Segmenter:
        """Returns the network of a run as a predictor of image files."""
        recipe: Any = run.recipe
        colors = recipe.palette or colors_of(run.class_names)
        return Segmenter(run.model, run.class_names, recipe.testing_image, colors)


def _build(recipe: SegmentationRecipe, classes: int, read_weights: bool) -> Models:
    with precision(recipe.precision):
        network = build_network(
            recipe,
            recipe.builder,
            read_weights=read_weights,
            classes=classes,
            auxiliary_head=recipe.auxiliary_weight > 0,
        )
        outputs = network.output if isinstance(network.output, dict) else {LOGITS: network.output}
        inference = keras.Model(network.input, outputs[LOGITS], name=network.name)
        return Models(inference, keras.Model(network.input, outputs))
