"""A trained segmentation network with its preprocessing and its classes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from ... import models
from ...export.signature import Served, card_facts
from ...images.image_spec import ImageSpec
from ...images.read_images import read_image
from ...pretrained.cards import Card
from ...utils.checks import PathLike
from ...utils.entries import class_list, palette, palette_names
from .inference import ImageLabeler
from .signatures import served_segmenter


@dataclass(frozen=True, eq=False)
class Segmenter:
    """A trained network that labels each pixel of an image.

    Attributes:
        model: The network, from normalized images to logits.
        class_names: Names of the classes, in the order of the labels.
        image: How an image becomes the input of the network, and how it is tested.
        palette: A color for each class, RGB from 0 to 255.
        card: The card of a pretrained model; `None` for the network of a training run.

    Raises:
        ValueError: The model is not a network for segmentation, once an image is labeled.

    Example:
        segmenter = keras_nonlocal.zoo.load("runs/streets")
        labels = segmenter.predict("street.jpg")
    """

    model: keras.Model
    class_names: tuple[str, ...]
    image: ImageSpec
    palette: tuple[tuple[int, ...], ...] = ()
    card: Card | None = None

    @classmethod
    def from_card(cls, card: Card) -> Segmenter:
        """Loads the pretrained network of a card."""
        if card.image is None:
            raise ValueError(f"The card {card.name!r} is not that of a network for images.")
        model = getattr(models, card.builder)(weights=card.name)
        return cls(model, card.classes, card.image, colors_of(card.classes), card)

    def predict(self, image: PathLike | np.ndarray) -> np.ndarray:
        """Labels each pixel of an image.

        Args:
            image: Path of a file, or RGB pixels, uint8 `(H, W, 3)`.

        Returns:
            Labels, uint8 `(H, W)`: indices into `class_names`.

        Raises:
            FileNotFoundError: The file does not exist.
            keras_nonlocal.images.ImageError: The file cannot be read as an image.
            ValueError: An array is not uint8 `(H, W, 3)`.

        Example:
            labels = segmenter.predict("street.jpg")
        """
        if not isinstance(image, np.ndarray):
            image = read_image(image)
        if image.dtype != "uint8" or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(
                "`image` must be a path or RGB pixels, uint8 (H, W, 3). Received: "
                f"{image.dtype} {image.shape}"
            )
        return self._labeler(image)

    def about(self) -> dict[str, Any]:
        """Returns what the network is and what it takes, as JSON holds it, for exported files."""
        return {
            "task": "segmentation",
            "classes": list(self.class_names),
            "image": asdict(self.image),
            "palette": [list(color) for color in self.palette],
            **card_facts(self.card),
        }

    def served(self) -> Served:
        """Returns how the network is asked when it is served, for `export.saved_model`."""
        return served_segmenter(self)

    @cached_property
    def _labeler(self) -> ImageLabeler:
        return ImageLabeler(self.model, self.image)


def colors_of(class_names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Returns the published colors of these classes, or different colors of our own."""
    for name in palette_names():
        if class_list(name) == tuple(class_names):
            return palette(name)
    return tuple(_color(index) for index in range(len(class_names)))


def _color(index: int) -> tuple[int, int, int]:
    """Spreads the bits of a number over the highest bits of three channels, as Pascal VOC does."""
    number, color = index + 1, [0, 0, 0]
    for bit in range(7, -1, -1):
        for channel in range(3):
            color[channel] |= (number >> channel & 1) << bit
        number >>= 3
    return color[0], color[1], color[2]
