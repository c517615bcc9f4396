"""The settings that determine the result of training a video classifier, apart from the videos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ... import augmentation as layers
from ...models.families import FAMILIES
from ...training.recipe import BaseRecipe, below_one
from ...utils.checks import at_least, one_of
from ...video.clip_spec import PREPROCESSING, ClipSpec
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

# What a recipe may leave to the training videos.
Auto = Literal["auto"]
AUTO_FIELDS = ("num_frames", "size", "seconds")


@dataclass(frozen=True)
class VideoRecipe(BaseRecipe):
    """The settings for training a video classifier, besides those of `BaseRecipe`.

    Attributes:
        builder: Name of a builder in `keras_nonlocal.models`, such as `"nl_i3d_small"`.
        num_frames, frame_stride: Number of frames in a clip, and their distance in the video.
            `num_frames="auto"` takes the number from the lengths of the training videos.
        size: Height and width of a clip when it is read; `None` reads whole frames, which a layer
            of `augmentation` must then crop. `"auto"` takes it from the size of the training
            videos.
        seconds: Length of a clip in seconds. Its frames are then `seconds / num_frames` apart by
            the clock, whatever the frame rate of a video is, and `frame_stride` must be 1. `"auto"`
            takes it from the lengths of the training videos. `None` counts frames.
        past_end: What follows the last frame of a video that is shorter than `seconds`: `"wrap"`
            starts it again, and `"repeat_last"` repeats its last frame.
        short_side: As in `keras_nonlocal.video.ClipSpec`; a range gives the scale jitter of the
            paper.
        sampling: The rule that chooses clips, see `keras_nonlocal.video.SAMPLING_RULES`.
        speed_jitter: Largest factor by which a video is randomly played faster or slower.
        augmentation: Layers of `keras_nonlocal.augmentation`, in order, each as a mapping with
            its arguments by name: `{"layer": "RandomFlip"}`.
        mean, std: One value for each channel; clips become `(pixel - mean) / std`.
        subtract_mean_frame, subtract_previous_frame: Whether the mean frame is subtracted from
            clips, or from each frame the one before it, see `keras_nonlocal.video.preprocess`.
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
    num_frames: int | Auto
    frame_stride: int
    size: tuple[int, int] | Auto | None
    task: Literal["video_classification"] = field(default="video_classification", kw_only=True)
    # Clips
    seconds: float | Auto | None = None
    past_end: str = "wrap"
    short_side: int | tuple[int, int] | None = None
    sampling: str = "spread"
    speed_jitter: float = 1.0
    augmentation: tuple[Mapping[str, Any], ...] = ()
    mean: tuple[float, float, float] = (114.75, 114.75, 114.75)
    std: tuple[float, float, float] = (57.375, 57.375, 57.375)
    subtract_mean_frame: bool = False
    subtract_previous_frame: bool = False
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
        if not self.left_to_videos:
            _ = self.training_clip, self.testing_clip

    @property
    def left_to_videos(self) -> tuple[str, ...]:
        """The fields that are `"auto"`; a task replaces them by numbers that fit its videos."""
        return tuple(name for name in AUTO_FIELDS if getattr(self, name) == "auto")

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """The shape of a clip as the network receives it in training.

        Raises:
            ValueError: Neither the recipe nor its augmentation determines the size.
        """
        num_frames, size = self._known("num_frames"), self._known("size")
        shape: tuple = (1, num_frames, *(size or (None, None)), 3)
        for layer in self.layers():
            shape = layer.compute_output_shape(shape)
        height, width = self.track_motion or shape[2:4]
        if height is None or width is None:
            raise ValueError(
                "The size of clips must be known. Set `size` in the recipe, or add a layer that "
                f"crops to `augmentation`. Received: size={self.size}"
            )
        return (num_frames, height, width, 3)

    @property
    def training_clip(self) -> ClipSpec:
        """How clips are cut and preprocessed in training."""
        return ClipSpec(
            **self._frames,
            short_side=self.short_side,
            size=self._known("size"),
            sampling=self.sampling,
            speed_jitter=self.speed_jitter,
            **self._preprocessing,
        )

    @property
    def testing_clip(self) -> ClipSpec:
        """How clips are cut and preprocessed in evaluation."""
        return ClipSpec(
            **self._frames,
            short_side=self.test_short_side or self.short_side,
            size=self.test_size or self._known("size"),
            sampling=self.sampling,
            num_clips=self.test_num_clips,
            num_crops=self.test_num_crops,
            flip=self.test_flip,
            **self._preprocessing,
        )

    @property
    def _frames(self) -> dict[str, Any]:
        """Which frames of a video make a clip."""
        frames, seconds = self._known("num_frames"), self._known("seconds")
        rate = {} if seconds is None else {"seconds_between_frames": seconds / frames}
        clip = {"num_frames": frames, "frame_stride": self.frame_stride, "past_end": self.past_end}
        return {**clip, **rate}

    def _known(self, name: str) -> Any:
        """The value of a field that may be left to the videos.

        Raises:
            ValueError: It is `"auto"`.
        """
        value = getattr(self, name)
        if value == "auto":
            raise ValueError(
                f"`{name}` must be known here. Expected a number, or a recipe that was resolved by "
                "its training videos, as the `recipe` of `VideoClassification(recipe, videos)` is. "
                f"Received: {name}='auto'"
            )
        return value

    @property
    def _preprocessing(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in PREPROCESSING}

    def layers(self) -> list[layers.ClipAugmentation]:
        """Creates the layers of `augmentation`."""
        return recipe_layers(self.augmentation, AUGMENTATIONS)
