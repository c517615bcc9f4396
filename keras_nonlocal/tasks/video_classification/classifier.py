"""A trained video classifier with its preprocessing and its classes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from ... import models
from ...export.signature import Served, card_facts
from ...pretrained.cards import Card
from ...utils.checks import PathLike
from ...video.clip_reader import read_clips
from ...video.clip_spec import ClipSpec
from ...video.preprocessing import pixels_seen, preprocess
from ...video.views import by_probability, mean_of_views
from ...weights.assign import check_finite, check_weights
from .signatures import served_classifier


@dataclass(frozen=True)
class VideoClassifier:
    """A trained network that classifies video files.

    Attributes:
        model: The network, from preprocessed clips to probabilities.
        class_names: Names of the classes, in the order of the outputs.
        clip: How a video becomes the input of the network.
        card: The card of a pretrained model; `None` for the network of a training run.

    Example:

    >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
    >>> classifier.class_names[:2]
    ('bend', 'jack')
    """

    model: keras.Model
    class_names: tuple[str, ...]
    clip: ClipSpec
    card: Card | None = None

    @classmethod
    def from_card(cls, card: Card) -> VideoClassifier:
        """Loads the pretrained network of a card."""
        if card.clip is None:
            raise ValueError(f"The card {card.name!r} is not that of a network for videos.")
        model = getattr(models, card.builder)(weights=card.name)
        return cls(model, card.classes, card.clip, card)

    def read(self, video: PathLike | np.ndarray) -> np.ndarray:
        """Reads the clips of a video for evaluation: uint8 `(clips * crops, frames, H, W, 3)`."""
        return read_clips(video, self.clip)

    def preprocess(self, clips: np.ndarray) -> np.ndarray:
        """Converts pixels to inputs of the model: float32, normalized as in training.

        Raises:
            ValueError: A pixel is not a finite number.
        """
        return preprocess(clips, **self.clip.preprocessing).numpy()

    def seen(self, clips: np.ndarray) -> np.ndarray:
        """Returns the pixels that the model sees of clips, uint8, for plots."""
        return pixels_seen(clips, self.clip.track_motion).numpy()

    def predict(self, video: PathLike | np.ndarray) -> dict[str, float]:
        """Classifies a video file, or the frames of a video, as from a camera.

        The probabilities of clips at regular intervals over the whole video are averaged.

        Args:
            video: Path of the file, or uint8 frames `(T, H, W, 3)`, RGB, which count as 30 in a
                second.

        Returns:
            The probability of each class, highest first.

        Raises:
            FileNotFoundError: The file does not exist.
            ValueError: It is neither a path nor such an array, or a weight or a probability is not
                a finite number.
            keras_nonlocal.video.VideoError: The file cannot be read as a video.

        Example:

        >>> keras_nonlocal.zoo.load("nl_i3d_small_weizmann").predict("jumping.mp4")
        {'jack': ...}
        """
        check_weights(self.model)
        return self.named(self.probabilities(self.read(video)))

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        """Returns the mean probability of each class over the clips that `read` gives."""
        probabilities = mean_of_views(
            lambda view: self.model.predict_on_batch(self.preprocess(view)),
            clips,
            flip=self.clip.flip,
        )
        check_finite({"outputs": probabilities}, f"The probabilities of {self.model.name!r}")
        return probabilities

    def named(self, probabilities: np.ndarray) -> dict[str, float]:
        """Returns the probability of each class by its name, highest first."""
        return by_probability(self.class_names, probabilities)

    def about(self) -> dict[str, Any]:
        """Returns what the network is and what it takes, as JSON holds it, for exported files."""
        return {
            "task": "video_classification",
            "classes": list(self.class_names),
            "clip": asdict(self.clip),
            **card_facts(self.card),
        }

    def served(self) -> Served:
        """Returns how the network is asked when it is served, for `export.saved_model`."""
        return served_classifier(self)
