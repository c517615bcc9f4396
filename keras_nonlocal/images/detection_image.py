"""How an image becomes the input of a detector, in one dataclass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..utils.checks import at_least, one_of, positive_int

CHANNEL_ORDERS = ("rgb", "bgr")


@dataclass(frozen=True)
class DetectionImage:
    """How an image becomes the input of a detector: its size and its pixel values.

    Cards, recipes, evaluators and predictors share this class, so that a network gets the same
    inputs everywhere.

    Attributes:
        short_side: The image is scaled, and keeps its shape, until its short side has this length
            in pixels,
        max_side: unless its long side would be longer than this, which it then is instead.
        mean, std: One value per channel, always in the order red, green, blue, for pixels from 0
            to 255: the network's input is `(pixel - mean) / std`.
        channel_order: `"rgb"`, or `"bgr"` for networks of Detectron2.
        divisor: Batches are padded with zeros, below and at the right, until both sides are
            multiples of this.

    Raises:
        ValueError: A value is out of range.

    Example:

    >>> DetectionImage().resized(480, 640), DetectionImage().resized(427, 1280)
    ((800, 1067), (445, 1333))
    """

    short_side: int = 800
    max_side: int = 1333
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    channel_order: str = "rgb"
    divisor: int = 32

    def __post_init__(self):
        for name in ("short_side", "max_side", "divisor"):
            positive_int(name, getattr(self, name))
        one_of("channel_order", self.channel_order, CHANNEL_ORDERS)
        for name, least in (("std", 1e-3), ("mean", 0)):
            values = getattr(self, name)
            if len(values) != 3:
                raise ValueError(f"`{name}` must be 3 values. Received: {name}={values!r}")
            for value in values:
                at_least(name, value, least)

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """Returns the height and width to which an image of this size is scaled.

        They are those of Detectron2's `ResizeShortestEdge`.
        """
        factor = self.short_side / min(height, width)
        sides = height * factor, width * factor
        factor = min(self.max_side / max(sides), 1.0)
        tall, wide = (max(int(side * factor + 0.5), 1) for side in sides)
        return tall, wide

    def prepared(self, image: np.ndarray) -> np.ndarray:
        """Scales an image as Detectron2 does, with Pillow's bilinear filter, and normalizes it.

        Args:
            image: RGB pixels, uint8 `(H, W, 3)`.

        Returns:
            float32 `(H', W', 3)`.
        """
        height, width = self.resized(*image.shape[:2])
        scaled = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
        return self.ordered((np.asarray(scaled, "float32") - self._mean) / self._std)

    def inputs(self, images: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Makes a batch of images of any sizes.

        Args:
            images: RGB pixels, each uint8 `(H, W, 3)`.

        Returns:
            `"images"`, float32 `(B, H', W', 3)`, and `"sizes"`, int32 `(B, 2)`: height and width of
            each image within them.
        """
        prepared = [self.prepared(image) for image in images]
        sizes = np.array([image.shape[:2] for image in prepared], "int32").reshape(-1, 2)
        height, width = -(-sizes.max(axis=0, initial=1) // self.divisor) * self.divisor
        batch = np.zeros((len(prepared), height, width, 3), "float32")
        for place, image in enumerate(prepared):
            batch[place, : image.shape[0], : image.shape[1]] = image
        return {"images": batch, "sizes": sizes}

    def pixels(self, inputs: np.ndarray) -> np.ndarray:
        """Returns the RGB pixels of normalized images `(..., 3)`, uint8, to draw them."""
        pixels = self.ordered(np.asarray(inputs)) * self._std + self._mean
        return np.clip(pixels + 0.5, 0, 255).astype("uint8")

    def ordered(self, channels):
        """Brings red, green and blue into the order of the network, or back."""
        return channels[..., ::-1] if self.channel_order == "bgr" else channels

    @property
    def _mean(self) -> np.ndarray:
        return np.array(self.mean, "float32")

    @property
    def _std(self) -> np.ndarray:
        return np.array(self.std, "float32")
