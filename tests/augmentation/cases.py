"""The table of augmentation layers that the tests of this folder run through."""

from __future__ import annotations

from dataclasses import dataclass, field

import keras
import numpy as np
import pytest

from keras_nonlocal import augmentation


@dataclass(frozen=True)
class Case:
    """A configured layer, the output shape of a batch, and whether the layer is random."""

    name: str
    layer: type
    config: dict = field(default_factory=dict)
    height_and_width: tuple[int, int] = (20, 26)
    copies: int = 1
    random: bool = True
    num_classes: int | None = None  # of the label rows that a mixing layer returns
    same_for_all_frames: bool = True

    def make(self, **overrides):
        return self.layer(**{**self.config, **overrides})

    def shape(self, batch=3, frames=4):
        return (batch * self.copies, frames, *self.height_and_width, 3)


def clips(batch=3, frames=4, size=(20, 26), seed=0, dtype="uint8"):
    """Random frames, in which every flip and crop is visible."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (batch, frames, *size, 3)).astype(dtype)


def still_clips(batch=6, frames=3, seed=0):
    """The same image in all frames of all clips: all differences in the output are random."""
    return np.repeat(np.repeat(clips(1, 1, seed=seed), batch, 0), frames, 1)


LABELS = np.array([0, 1, 2], "int32")
SMALL = (12, 14)

CASES = [
    Case("random_crop", augmentation.RandomCrop, {"size": SMALL}, SMALL),
    Case("center_crop", augmentation.CenterCrop, {"size": SMALL}, SMALL, random=False),
    Case("three_crop", augmentation.ThreeCrop, {"size": SMALL}, SMALL, 3, False),
    Case(
        "short_side_crop",
        augmentation.RandomShortSideCrop,
        {"size": SMALL, "short_side": (16, 24), "antialias": True},
        SMALL,
    ),
    Case(
        "resized_crop", augmentation.RandomResizedCrop, {"size": SMALL, "scale": (0.2, 0.9)}, SMALL
    ),
    Case("multi_scale_crop", augmentation.MultiScaleCrop, {"size": SMALL, "positions": 13}, SMALL),
    Case(
        "multi_scale_crop_anywhere",
        augmentation.MultiScaleCrop,
        {"size": SMALL, "scales": (1.0, 0.6), "positions": None, "antialias": True},
        SMALL,
    ),
    Case("resize", augmentation.ResizeShortSide, {"short_side": 10}, (10, 13), random=False),
    Case("flip", augmentation.RandomFlip, {"p": 0.5, "veto": (2,)}),
    Case("affine", augmentation.RandomAffine, {"zoom": 1.25, "shift": 0.1, "turn": 0.3}),
    Case("grayscale", augmentation.RandomGrayscale, {"p": 0.5}),
    Case("invert", augmentation.RandomInvert, {"p": 0.5}),
    Case("tint", augmentation.RandomTint, {"tint": 0.3}),
    Case("noise", augmentation.RandomNoise, {"deviation": 20.0}, same_for_all_frames=False),
    Case(
        "color_jitter",
        augmentation.RandomColorJitter,
        {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1},
    ),
    Case("rand_augment", augmentation.RandAugment, {"magnitude": 12}),
    Case("mixup", augmentation.MixUp, {"alpha": 1.0, "classes": 3}, num_classes=3),
    Case("cutmix", augmentation.CutMix, {"alpha": 1.0, "classes": 3}, num_classes=3),
    Case("erasing", augmentation.RandomErasing, {"p": 0.7, "value": (1, 2, 3)}),
    Case(
        "normalize",
        augmentation.Normalization,
        {"mean": (110.0, 120.0, 130.0), "std": 50.0},
        random=False,
    ),
]
FRAME_WISE = Case(
    "frame_wise", augmentation.FrameWise, {"layer": keras.layers.RandomTranslation(0.2, 0.2)}
)

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_random_case = pytest.mark.parametrize(
    "case", [case for case in CASES if case.random], ids=lambda case: case.name
)
each_layer = pytest.mark.parametrize("case", [*CASES, FRAME_WISE], ids=lambda case: case.name)
