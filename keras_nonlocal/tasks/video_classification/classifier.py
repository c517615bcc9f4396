"""A trained network together with how its input is made and what its outputs mean."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from ... import models
from ...pretrained.cards import Card
from ...utils.checks import PathLike
from ...video.clip_reader import read_clips
from ...video.clip_spec import ClipSpec
from ...video.preprocessing import pixels_seen, preprocess


@dataclass(frozen=True)
class VideoClassifier:
    """A trained network, ready for video files.

    Attributes:
        model: The network, from prepared clips to probabilities.
        class_names: Of its outputs, in order.
        clip: How a video becomes its input.
        card: What it is, and its accuracy; `None` for one of a training run.
    """

    model: keras.Model
    class_names: tuple[str, ...]
    clip: ClipSpec
    card: Card | None = None

    @classmethod
    def from_card(cls, card: Card) -> VideoClassifier:
        """The network of a card, with its weights."""
        model = getattr(models, card.builder)(weights=card.name)
        return cls(model, card.classes, card.clip, card)

    def read(self, path: PathLike) -> np.ndarray:
        """The clips that a video is tested on: uint8 `(clips * crops, frames, H, W, 3)`."""
        return read_clips(path, self.clip)

    def preprocess(self, clips: np.ndarray) -> np.ndarray:
        """Pixels to the model's input: float32, normalized as in training."""
        return preprocess(clips, **self.clip.preprocessing).numpy()

    def seen(self, clips: np.ndarray) -> np.ndarray:
        """The pixels that prepared clips show, for pictures: uint8."""
        return pixels_seen(clips, self.clip.track_motion).numpy()

    def predict(self, path: PathLike) -> dict[str, float]:
        """The probability of each class for a video file, highest first.

        Clips are spread over the whole video and their probabilities averaged. They pass through
        the network one by one, as thirty views of a large network would not fit into memory.

        Raises:
            FileNotFoundError: There is no such file.
            keras_nonlocal.video.VideoError: The file is not a video that can be read.

        Example:

        >>> keras_nonlocal.zoo.load("nl_i3d_small_weizmann").predict("jumping.mp4")
        {'jack': ...}
        """
        clips = self.read(path)
        if self.clip.flip:
            clips = np.concatenate([clips, clips[:, :, :, ::-1]])
        views = [self.model.predict_on_batch(self.preprocess(clip[None])) for clip in clips]
        scores = np.concatenate(views).mean(axis=0)
        order = np.argsort(-scores, kind="stable")
        return {self.class_names[index]: float(scores[index]) for index in order}
