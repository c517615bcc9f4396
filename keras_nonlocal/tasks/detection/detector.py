"""A trained detection network with its preprocessing and its classes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from ... import models
from ...export.signature import Served, card_facts
from ...images.detection_image import DetectionImage
from ...images.keypoint_layouts import COCO_PERSON_KEYPOINTS
from ...images.read_images import read_image
from ...pretrained.cards import Card
from ...regions.network import SIZES
from ...regions.pixel_layers import ImageCoordinates, NetworkInputs
from ...utils.checks import PathLike, at_least
from .inference import ImageDetector
from .signatures import served_detector

_INPUT_FIELDS = ("short_side", "max_side", "mean", "std", "channel_order")


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

    def image_model(self) -> keras.Model:
        """Makes one model of the network and its preprocessing, to save or to serve it.

        `image_model().export(FOLDER)` writes a SavedModel that needs neither Keras nor this
        library.

        Returns:
            A model of RGB pixels, uint8 `(B, H, W, 3)` of any size. Its outputs are those of
            `keras_nonlocal.regions.RegionCNN`, whatever its format of boxes: `"boxes"` as corners
            in pixels of the image `(B, D, 4)`, `"confidence"` and `"labels"` `(B, D)`,
            `"num_detections"` `(B,)`, and `"masks"` `(B, D, 28, 28)`, which
            `keras_nonlocal.ops.paste_masks` enlarges to pixels, or `"keypoints"` `(B, D, K, 3)`.
            `D` is always the same, and what does not exist is -1.

        Raises:
            ValueError: The model is not a network for detection.

        Example:
            detector.image_model().export("serving/animals/1", format="tf_saved_model")
        """
        pixels = keras.Input((None, None, 3), dtype="uint8", name="images")
        spec = {name: getattr(self.image, name) for name in _INPUT_FIELDS}
        inputs = NetworkInputs(**spec, name="network_inputs")(pixels)
        found = self.detector.model(inputs)
        to_image = ImageCoordinates(self.model.bounding_box_format, name="image_coordinates")
        outputs = to_image({**found, "pixels": pixels, SIZES: inputs[SIZES]})
        return keras.Model(pixels, outputs, name=f"{self.model.name}_of_images")

    def about(self) -> dict[str, Any]:
        """Returns what the network is and what it takes, as JSON holds it, for exported files."""
        return {
            "task": "detection",
            "classes": list(self.class_names),
            "image": asdict(self.image),
            "keypoints": list(self.keypoint_names),
            **card_facts(self.card),
        }

    def served(self) -> Served:
        """Returns how the network is asked when it is served, for `export.saved_model`."""
        return served_detector(self)

    @cached_property
    def detector(self) -> ImageDetector:
        """The traced network."""
        return ImageDetector(self.model, self.image)
