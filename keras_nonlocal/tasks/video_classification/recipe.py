"""The settings that determine the result of training a video classifier, apart from the videos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ... import augmentation as layers
from ...models.families import FAMILIES
from ...training.recipe import BaseRecipe, below_one
from ...utils.checks import at_least, one_of
from ...video.clip_spec import ClipSpec
from ..augmentation_config import recipe_layers

# The layers that a JSON file can name: without those for inference, or with another layer inside.
AUGMENTATIONS = (
    "CenterCrop",
    "CutMix",
    "MixUp",
    "MultiScaleCrop",
    "Normalization",
    "RandAugment",
    "RandomAffine",
    "RandomColorJitter",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomGrayscale",
    "RandomInvert",
    "RandomNoise",
    "RandomResizedCrop",
    "RandomShortSideCrop",
    "RandomTint",
    "ResizeShortSide",
)


@dataclass(frozen=True)
class VideoRecipe(BaseRecipe):
    """The settings for training a video classifier, besides those of `BaseRecipe`.

    Attributes:
        builder: Name of a builder in `keras_nonlocal.models`, such as `"nl_i3d_small"`.
        num_frames, frame_stride: Number of frames in a clip, and their distance in the video.
        size: Height and width of a clip when it is read; `None` reads whole frames, which a layer
            of `augmentation` must then crop.
        short_side: As in `keras_nonlocal.video.ClipSpec`; a range gives the scale jitter of the
            paper.
        sampling: The rule that chooses clips, see `keras_nonlocal.video.SAMPLING_RULES`.
        speed_jitter: Largest factor by which a video is randomly played faster or slower.
        augmentation: Layers of `keras_nonlocal.augmentation`, in order, each as a mapping with
            its arguments by name: `{"layer": "RandomFlip"}`.
        mean, std: One value for each channel; clips become `(pixel - mean) / std`.
        subtract_mean_frame: Whether the mean frame is subtracted from clips, see
            `keras_nonlocal.video.preprocess`.
        track_motion: Height and width of a crop that tracks the motion, or `None`.
        multi_label: Whether a video may have several labels: sigmoids instead of a softmax.
        label_smoothing: The part of each label that is spread evenly over all classes.
        test_short_side, test_size: Size of clips in evaluation. `None` uses the size in training,
            or the smallest size of a range.
        test_num_clips, test_num_crops: Number of clips of a video in evaluation, at regular
            intervals, and of crops of each clip. Their probabilities are averaged.
        test_flip: Whether mirror images are evaluated, too.

    Raises:
        ValueError: A name is unknown, a value is out of range, or two values contradict each other.

    Example:

    >>> recipe = VideoRecipe(
    ...     "nl_i3d_small", num_frames=8, frame_stride=4, size=(56, 56), epochs=10, batch_size=8
    ... )
    >>> recipe.learning_rate
    0.01
    """

    builder: str
    num_frames: int
    frame_stride: int
    size: tuple[int, int] | None
    task: Literal["video_classification"] = field(default="video_classification", kw_only=True)
    # Clips
    short_side: int | tuple[int, int] | None = None
    sampling: str = "spread"
    speed_jitter: float = 1.0
    augmentation: tuple[Mapping[str, Any], ...] = ()
    mean: tuple[float, float, float] = (114.75, 114.75, 114.75)
    std: tuple[float, float, float] = (57.375, 57.375, 57.375)
    subtract_mean_frame: bool = False
    track_motion: tuple[int, int] | None = None
    # Labels
    multi_label: bool = False
    label_smoothing: float = 0.0
    # Evaluation
    test_short_side: int | None = None
    test_size: tuple[int, int] | None = None
    test_num_clips: int = 10
    test_num_crops: int = 1
    test_flip: bool = False

    def __post_init__(self):
        one_of("builder", self.builder, FAMILIES)
        super().__post_init__()
        at_least("speed_jitter", self.speed_jitter, 1)
        below_one("label_smoothing", at_least("label_smoothing", self.label_smoothing, 0))
        self.layers()
        _ = self.training_clip, self.testing_clip

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """The shape of a clip as the network receives it in training.

        Raises:
            ValueError: Neither the recipe nor its augmentation determines the size.
        """
        shape: tuple = (1, self.num_frames, *(self.size or (None, None)), 3)
        for layer in self.layers():
            shape = layer.compute_output_shape(shape)
        height, width = self.track_motion or shape[2:4]
        if height is None or width is None:
            raise ValueError(
                "The size of clips must be known. Set `size` in the recipe, or add a layer that "
                f"crops to `augmentation`. Received: size={self.size}"
            )
        return (self.num_frames, height, width, 3)

    @property
    def training_clip(self) -> ClipSpec:
        """How clips are cut and preprocessed in training."""
        return ClipSpec(
            self.num_frames,
            self.frame_stride,
            short_side=self.short_side,
            size=self.size,
            sampling=self.sampling,
            speed_jitter=self.speed_jitter,
            **self._preprocessing,
        )

    @property
    def testing_clip(self) -> ClipSpec:
        """How clips are cut and preprocessed in evaluation."""
        return ClipSpec(
            self.num_frames,
            self.frame_stride,
            short_side=self.test_short_side or self.short_side,
            size=self.test_size or self.size,
            sampling=self.sampling,
            num_clips=self.test_num_clips,
            num_crops=self.test_num_crops,
            flip=self.test_flip,
            **self._preprocessing,
        )

    @property
    def _preprocessing(self) -> dict[str, Any]:
        return {
            name: getattr(self, name)
            for name in ("mean", "std", "subtract_mean_frame", "track_motion")
        }

    def layers(self) -> list[layers.ClipAugmentation]:
        """Creates the layers of `augmentation`."""
        return recipe_layers(self.augmentation, AUGMENTATIONS)
