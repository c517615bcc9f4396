"""A trained network together with how its input is made and what its outputs mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from .. import models
from ..data import Clip, pixels_seen, prepare, read_clips
from ..training import read_run
from ..weights import Card, card_names, read_card

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Classifier:
    """A trained network, ready for video files.

    Attributes:
        model: The network, from prepared clips to probabilities.
        class_names: Of its outputs, in order.
        clip: How the views of a video are cut.
        preparation: The arguments of `keras_nonlocal.data.prepare`.
        flip: Whether mirror images are views too.
        card: What it is, and its accuracy; `None` for one of a training run.
    """

    model: keras.Model
    class_names: tuple[str, ...]
    clip: Clip
    preparation: Mapping[str, Any]
    flip: bool = False
    card: Card | None = None

    def read(self, path: PathLike) -> np.ndarray:
        """The clips that a video is tested on: uint8 `(clips * crops, frames, H, W, 3)`."""
        return read_clips(path, self.clip)

    def prepare(self, clips: np.ndarray) -> np.ndarray:
        """Pixels to the model's input: float32, normalised as in training."""
        return prepare(clips, **self.preparation).numpy()

    def seen(self, clips: np.ndarray) -> np.ndarray:
        """The pixels that prepared clips show, for pictures: uint8."""
        return pixels_seen(clips, self.preparation["follow"]).numpy()

    def predict(self, path: PathLike) -> dict[str, float]:
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
        if self.flip:
            clips = np.concatenate([clips, clips[:, :, :, ::-1]])
        views = [self.model.predict_on_batch(self.prepare(clip[None])) for clip in clips]
        scores = np.concatenate(views).mean(axis=0)
        order = np.argsort(-scores, kind="stable")
        return {self.class_names[index]: float(scores[index]) for index in order}


def load(name: PathLike) -> Classifier:
    """A trained network with its weights, ready to classify.

    Args:
        name: Of a card, see `keras_nonlocal.zoo.card_names()`; or the folder of a training run,
            whose best weights it takes, as `keras_nonlocal.training.read_run` does.

    Raises:
        ValueError: There is no such card, or its weights file is not the one of the card.
        FileNotFoundError: The folder is none of a training run that has come so far.

    Example:

    >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
    >>> classifier.class_names[:3]
    ('bend', 'jack', 'jump')
    """
    if isinstance(name, os.PathLike) or os.sep in name or _is_folder_only(name):
        return _of_run(name)
    card = read_card(name)
    names = ("frames", "stride", "size", "sampling", "clips", "crops")
    clip = Clip(**{name: getattr(card.clip, name) for name in names})
    model = getattr(models, card.builder)(weights=card.name)
    return Classifier(model, card.classes, clip, card.clip.preparation, card.clip.flip, card)


def _is_folder_only(name: str) -> bool:
    return os.path.isdir(name) and name not in card_names()


def _of_run(folder: PathLike) -> Classifier:
    run = read_run(folder)
    recipe = run.recipe
    return Classifier(
        run.model, run.class_names, recipe.testing_clip, recipe.preparation, recipe.test_flip
    )
