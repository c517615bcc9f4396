"""The recipe of a segmentation network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ... import augmentation as layers
from ...augmentation.joint.base import JointAugmentation
from ...images.image_spec import ImageSpec
from ...models.segmentation import SEGMENTATION
from ...training.recipe import BaseRecipe
from ...utils.checks import at_least, one_of, sizes
from ..augmentation_config import recipe_layers

# The layers that a JSON file can name.
JOINT_LAYERS = (
    "JointRandomCrop",
    "JointRandomFlip",
    "JointRandomRotation",
    "JointRandomScale",
    "PhotometricDistortion",
)


@dataclass(frozen=True)
class SegmentationRecipe(BaseRecipe):
    """The settings for training a segmentation network, besides those of `BaseRecipe`.

    Attributes:
        builder: Name of a builder in `keras_nonlocal.models`, such as `"nl_fcn_r50"`.
        size: Height and width of the windows that the network is trained on. The last layer of
            `augmentation` that changes the size must crop to it.
        augmentation: Layers of `keras_nonlocal.augmentation` for images with masks, in order, each
            as a mapping with its arguments by name: `{"layer": "JointRandomFlip"}`.
        mean, std: One value for each channel; images become `(pixel - mean) / std`.
        auxiliary_weight: Weight of the loss of the auxiliary head; 0 trains without that head.
        divide_by: What the loss is divided by, see
            `keras_nonlocal.tasks.segmentation.PixelCrossEntropy`.
        class_weights: A factor of the loss for the pixels of each class, in their order.
        hard_below, hard_share, dice: Further options of that loss.
        palette: A color for each class, `[red, green, blue]` from 0 to 255, to draw labels; `None`
            takes that of the data, and writes it into the recipe of the run.
        test_resize, test_window, test_window_stride, test_scales, test_flip: How images are tested:
            the fields of `keras_nonlocal.images.ImageSpec`.

    Raises:
        ValueError: A name is unknown, a value is out of range, or two values contradict each other.

    Example:

    >>> recipe = SegmentationRecipe("nl_fcn_small", size=(64, 64), steps=100)
    >>> recipe.testing_image.window is None
    True
    """

    builder: str
    size: tuple[int, int]
    task: Literal["segmentation"] = field(default="segmentation", kw_only=True)
    # Images
    augmentation: tuple[Mapping[str, Any], ...] = ()
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    # Loss
    auxiliary_weight: float = 0.4
    divide_by: Literal["all", "labeled"] = "all"
    class_weights: tuple[float, ...] | None = None
    hard_below: float | None = None
    hard_share: float = 0.1
    dice: float = 0.0
    # Evaluation
    palette: tuple[tuple[int, ...], ...] | None = None
    test_resize: tuple[int, int] | None = None
    test_window: tuple[int, int] | None = None
    test_window_stride: tuple[int, int] | None = None
    test_scales: tuple[float, ...] = (1.0,)
    test_flip: bool = False

    def __post_init__(self):
        one_of("builder", self.builder, SEGMENTATION)
        super().__post_init__()
        sizes("size", self.size, 2)
        at_least("auxiliary_weight", self.auxiliary_weight, 0)
        self.layers()
        _ = self.testing_image

    @property
    def testing_image(self) -> ImageSpec:
        """How an image becomes the input of the network in evaluation."""
        names = ("resize", "window", "window_stride", "scales", "flip")
        tested = {name: getattr(self, f"test_{name}") for name in names}
        return ImageSpec(self.mean, self.std, **tested)

    def layers(self) -> list[JointAugmentation]:
        """Creates the layers of `augmentation`; without any, a random window is cut out."""
        made = recipe_layers(self.augmentation, JOINT_LAYERS)
        crops = [layer for layer in made if isinstance(layer, layers.JointRandomCrop)]
        if made and (not crops or crops[-1].size != tuple(self.size)):
            raise ValueError(
                f"`augmentation` must crop to `size`, as by {{'layer': 'JointRandomCrop', 'size': "
                f"{list(self.size)}}}. Received: size={self.size!r} and {list(self.augmentation)}"
            )
        return made or [layers.JointRandomCrop(self.size)]
