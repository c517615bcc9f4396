"""Golden outputs: what a network answered to a generated clip, to see whether it still does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..weights import Card, Clip, read_card
from .applications import preprocess_input
from .classifier import load

TOLERANCE = 1e-4  # of a probability; other machines add up in another order
SMALL = 64  # pixels of a generated clip's side, for networks that take any size


@dataclass(frozen=True)
class Verification:
    """How far the outputs of a card's network are from the stored ones.

    Attributes:
        name: Of the card.
        difference: The largest of a probability.
        passed: Whether it is within the tolerance.
    """

    name: str
    difference: float
    passed: bool


def golden_of(model: keras.Model, clip: Clip, seed: int = 0) -> dict[str, Any]:
    """The outputs of a network for a small random clip, as cards store them."""
    shape = [clip.frames, SMALL, SMALL, 3]
    mean, std = np.asarray(clip.mean, "float32"), np.asarray(clip.std, "float32")
    inputs = (_random_clip(seed, shape).astype("float32") - mean) / std
    outputs = model.predict_on_batch(inputs[None])[0]
    return {"seed": seed, "shape": shape, "probabilities": [float(value) for value in outputs]}


def verify(name: str) -> Verification:
    """Compares a card's network on this machine with the outputs that the card stores.

    Args:
        name: Of a card that stores golden outputs.

    Raises:
        ValueError: There is no such card, or it stores none.

    Example:

    >>> keras_nonlocal.zoo.verify("nl_i3d_small_weizmann").passed
    True
    """
    card = _with_golden(name)
    golden: Any = card.golden
    clip = _random_clip(golden["seed"], golden["shape"])
    outputs = load(name).model.predict_on_batch(preprocess_input(clip[None], card=card))[0]
    difference = float(np.abs(outputs - golden["probabilities"]).max())
    return Verification(name, difference, difference <= TOLERANCE)


def _with_golden(name: str) -> Card:
    card = read_card(name)
    if card.golden is None:
        raise ValueError(
            f"The card {name!r} stores no golden outputs: its weights were not at hand when it "
            "was written. `zoo fetch` compares the file with the published hash, if there is one."
        )
    return card


def _random_clip(seed: int, shape) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, "uint8")
