"""The recipe of a detection network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from ...augmentation.joint.base import JointAugmentation
from ...images.detection_image import DetectionImage
from ...models.detection import DETECTION
from ...regions.losses import TrainingOptions
from ...training.recipe import BaseRecipe
from ...utils.checks import at_least, one_of, positive_int, sizes
from ...utils.roles import STAGES
from ..augmentation_config import recipe_layers

# The layers that a JSON file can name.
JOINT_LAYERS = (
    "JointRandomCrop",
    "JointRandomFlip",
    "JointRandomRotation",
    "JointRandomScale",
    "JointResize",
    "PhotometricDistortion",
)
FREEZABLE = ("conv1", *STAGES)
# What a network learns besides boxes, by a word of its builder's name.
_KINDS = {"mask_rcnn": ("boxes", "masks"), "keypoint_rcnn": ("boxes", "keypoints")}


@dataclass(frozen=True)
class DetectionRecipe(BaseRecipe):
    """The settings for training a detection network, besides those of `BaseRecipe`.

    Attributes:
        builder: Name of a builder in `keras_nonlocal.models`, such as `"nl_mask_rcnn_r50_fpn"`. Its
            `variant` is one of the `arguments`.
        short_side, max_side, mean, std, channel_order: How images become inputs: the fields of
            `keras_nonlocal.images.DetectionImage`. Images are tested at this size, and trained at
            it, too, unless a layer of `augmentation` sets the size.
        size: Height and width of all training batches, for networks that are compiled for one size;
            `None` takes the largest image of each batch.
        max_objects: Number of rows of the labels in all batches; `None` takes the largest number of
            objects in each batch. Networks that are compiled for one size need it.
        augmentation: Layers of `keras_nonlocal.augmentation` for images with objects, in order,
            each as a mapping with its arguments by name: `{"layer": "JointRandomFlip"}`.
        class_names: The classes to learn, in the order of their labels; `None` takes all of the
            data set. Objects of other classes are left out.
        only_with_objects: Whether training leaves out images without objects.
        frozen_stages: Stages of the backbone that are not trained, such as `("conv1", "res2")`.
        anchors, anchor_share, anchor_overlap, boxes, box_share, box_overlap, anchor_beta, box_beta,
            sample: How the network is trained: the fields of
            `keras_nonlocal.regions.TrainingOptions`.
        score_threshold: Smallest probability of a detection, in evaluation and afterwards. The
            results of COCO are computed with 0.05.
        keypoint_names, skeleton: What keypoints are, and the lines of a drawing between them. A run
            takes both from its data.
        keypoint_tolerance: How far annotators differ about a keypoint, as a share of the size of
            the object, for COCO's average precision; for keypoints other than those of COCO's
            people, whose tolerances are known.

    Raises:
        ValueError: A name is unknown, a value is out of range, or two values contradict each other.

    Example:

    >>> recipe = DetectionRecipe("mask_rcnn_small", short_side=160, max_side=160, steps=100)
    >>> recipe.kinds, recipe.testing_image.short_side
    (('boxes', 'masks'), 160)
    """

    builder: str
    task: Literal["detection"] = field(default="detection", kw_only=True)
    # Images
    short_side: int = 800
    max_side: int = 1333
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    channel_order: Literal["rgb", "bgr"] = "rgb"
    size: tuple[int, int] | None = None
    max_objects: int | None = None
    augmentation: tuple[Mapping[str, Any], ...] = ()
    class_names: tuple[str, ...] | None = None
    only_with_objects: bool = True
    # Network and losses
    frozen_stages: tuple[str, ...] = ()
    anchors: int = 256
    anchor_share: float = 0.5
    anchor_overlap: tuple[float, float] = (0.3, 0.7)
    boxes: int = 512
    box_share: float = 0.25
    box_overlap: float = 0.5
    anchor_beta: float = 0.0
    box_beta: float = 0.0
    sample: Literal["random", "first"] = "random"
    # Evaluation
    score_threshold: float = 0.05
    keypoint_names: tuple[str, ...] = ()
    skeleton: tuple[tuple[int, int], ...] = ()
    keypoint_tolerance: float = 0.05

    def __post_init__(self):
        one_of("builder", self.builder, DETECTION)
        super().__post_init__()
        for stage in self.frozen_stages:
            one_of("frozen_stages", stage, FREEZABLE)
        if self.size is not None:
            sizes("size", self.size, 2)
        for name in ("anchors", "boxes"):
            positive_int(name, getattr(self, name))
        if self.max_objects is not None:
            positive_int("max_objects", self.max_objects)
        for name in ("anchor_share", "box_share", "box_overlap", "score_threshold"):
            self._check_share(name, getattr(self, name))
        for value in self.anchor_overlap:
            self._check_share("anchor_overlap", value)
        at_least("keypoint_tolerance", self.keypoint_tolerance, 1e-3)
        self.layers()
        _ = self.testing_image, self.options

    def _check_share(self, name: str, value: float) -> None:
        if at_least(name, value, 0) > 1:
            raise ValueError(f"`{name}` must be at most 1. Received: {name}={value!r}")

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the network learns: boxes with masks, or with keypoints."""
        return next(kinds for word, kinds in _KINDS.items() if word in self.builder)

    @property
    def testing_image(self) -> DetectionImage:
        """How an image becomes the input of the network in evaluation."""
        names = ("short_side", "max_side", "mean", "std", "channel_order")
        return DetectionImage(**{name: getattr(self, name) for name in names})

    @property
    def options(self) -> TrainingOptions:
        """How the network is trained."""
        return TrainingOptions(**{each.name: getattr(self, each.name) for each in _OPTIONS})

    def layers(self) -> list[JointAugmentation]:
        """Creates the layers of `augmentation`."""
        return recipe_layers(self.augmentation, JOINT_LAYERS)


_OPTIONS = fields(TrainingOptions)
