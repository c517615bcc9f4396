"""A trained detection network with its preprocessing and its classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from ... import models
from ...images.detection_image import DetectionImage
from ...images.keypoint_layouts import COCO_PERSON_KEYPOINTS
from ...images.read_images import read_image
from ...pretrained.cards import Card
from ...utils.checks import PathLike, at_least
from .inference import ImageDetector


@dataclass(frozen=True, eq=False)
class Detector:
    """A trained network that finds objects in images.

    Attributes:
        model: The network, from normalized images to detections.
        class_names: Names of the classes, in the order of the labels.
        image: How an image becomes the input of the network.
        keypoint_names: Names of the keypoints; empty for networks of masks.
        skeleton: Indices of the two keypoints at the ends of each line of a drawing.
        keypoint_tolerance: As in `DetectionRecipe`.
        card: The card of a pretrained model; `None` for the network of a training run.

    Raises:
        ValueError: The model is not a network for detection, once it is used.

    Example:
        detector = keras_nonlocal.zoo.load("runs/animals")
        found = detector.predict("meadow.jpg", min_score=0.5)
        print(found["names"], found["boxes"])
    """

    model: keras.Model
    class_names: tuple[str, ...]
    image: DetectionImage
    keypoint_names: tuple[str, ...] = ()
    skeleton: tuple[tuple[int, int], ...] = ()
    keypoint_tolerance: float = 0.05
    card: Card | None = None

    @classmethod
    def from_card(cls, card: Card) -> Detector:
        """Loads the pretrained network of a card."""
        if card.detection is None:
            raise ValueError(f"The card {card.name!r} is not that of a network for detection.")
        model = getattr(models, card.builder)(weights=card.name)
        names = COCO_PERSON_KEYPOINTS if "keypoints" in model.output else ()
        return cls(model, card.classes, card.detection, names, card=card)

    def predict(self, image: PathLike | np.ndarray, *, min_score: float = 0.0) -> dict[str, Any]:
        """Finds the objects of an image.

        Args:
            image: Path of a file, or RGB pixels, uint8 `(H, W, 3)`.
            min_score: Objects of a lower confidence are left out. Networks themselves leave out
                those below the `score_threshold` of their recipe.

        Returns:
            By falling confidence: `"boxes"`, float32 `(N, 4)` as corners x0, y0, x1 and y1 in
            pixels of the image; `"confidence"`, float32 `(N,)`; `"labels"`, int32 `(N,)`, indices
            into `class_names`; `"names"`, the name of the class of each object; and `"masks"`, bool
            `(N, H, W)`, or `"keypoints"`, float32 `(N, K, 3)` of x, y and a score.

        Raises:
            FileNotFoundError: The file does not exist.
            keras_nonlocal.images.ImageError: The file cannot be read as an image.
            ValueError: An array is not uint8 `(H, W, 3)`.

        Example:
            found = detector.predict("meadow.jpg", min_score=0.5)
            picture = draw_objects(read_image("meadow.jpg"), found, detector.class_names)
        """
        if not isinstance(image, np.ndarray):
            image = read_image(image)
        if image.dtype != "uint8" or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(
                "`image` must be a path or RGB pixels, uint8 (H, W, 3). Received: "
                f"{image.dtype} {image.shape}"
            )
        found = self.detector(image, min_score=at_least("min_score", float(min_score), 0))
        return {**found, "names": [self.class_names[label] for label in found["labels"]]}

    @cached_property
    def detector(self) -> ImageDetector:
        """The traced network."""
        return ImageDetector(self.model, self.image)
