"""A trained network together with how its input is made and what its outputs mean."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import keras
import numpy as np

from .. import models
from ..data import Clip, pixels_seen, read_clips
from ..weights import Card, read_card
from .applications import preprocess_input


@dataclass(frozen=True)
class Classifier:
    """A network from the zoo, ready for video files.

    Attributes:
        model: The network; it takes prepared clips.
        card: What it is, how clips are prepared, its class names, its accuracy.
    """

    model: keras.Model
    card: Card

    def read(self, path: str | PathLike) -> np.ndarray:
        """The clips that the card tests a video on: uint8 `(clips * crops, frames, H, W, 3)`."""
        names = ("frames", "stride", "size", "sampling", "clips", "crops")
        return read_clips(path, Clip(**{name: getattr(self.card.clip, name) for name in names}))

    def prepare(self, clips: np.ndarray) -> np.ndarray:
        """Pixels to the model's input: float32, normalised as in training."""
        return preprocess_input(clips, card=self.card)

    def seen(self, clips: np.ndarray) -> np.ndarray:
        """The pixels that prepared clips show, for pictures: uint8."""
        return pixels_seen(clips, self.card.clip.follow).numpy()

    def predict(self, path: str | PathLike) -> dict[str, float]:
        """The probability of each class for a video file, highest first.

        Clips are spread over the whole video and their probabilities averaged. They pass through
        the network one by one, as thirty views of a large network would not fit into memory.

        Raises:
            FileNotFoundError: There is no such file.
            keras_nonlocal.data.VideoError: The file is not a video that can be read.

        Example:

        >>> keras_nonlocal.zoo.load("nl_i3d_small_weizmann").predict("jumping.mp4")
        {'jack': ...}
        """
        clips = self.read(path)
        if self.card.clip.flip:
            clips = np.concatenate([clips, clips[:, :, :, ::-1]])
        views = [self.model.predict_on_batch(self.prepare(clip[None])) for clip in clips]
        scores = np.concatenate(views).mean(axis=0)
        order = np.argsort(-scores, kind="stable")
        return {self.card.classes[index]: float(scores[index]) for index in order}


def load(name: str) -> Classifier:
    """The network of a card, with its weights, ready to classify.

    Args:
        name: Of a card; `keras_nonlocal.zoo.card_names()` lists them.

    Raises:
        ValueError: There is no such card, or its weights file is not the one of the card.

    Example:

    >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
    >>> classifier.card.classes[:3]
    ('bend', 'jack', 'jump')
    """
    card = read_card(name)
    return Classifier(getattr(models, card.builder)(weights=card.name), card)
