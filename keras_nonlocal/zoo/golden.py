"""Golden logits: what a network answered to a generated clip, to see whether it still does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..pretrained.cards import read_card
from ..utils.roles import LOGITS
from ..video.clip_spec import ClipSpec
from ..video.preprocessing import preprocess
from .loading import load

TOLERANCE = 1e-4  # of the largest logit; other machines add up in another order
SIDE = 64  # pixels of a generated clip, for networks that take any size


@dataclass(frozen=True)
class Verification:
    """How far the logits of a card's network are from the stored ones.

    Attributes:
        name: Of the card.
        difference: The largest, as a part of the largest logit.
        passed: Whether it is within the tolerance.
    """

    name: str
    difference: float
    passed: bool


def golden_of(model: keras.Model, clip: ClipSpec, seed: int = 0) -> dict[str, Any]:
    """The logits of a network for a small random clip, as cards store them.

    A crop that follows needs clips as they are read; other networks take any size.
    """
    size = clip.size if clip.track_motion and clip.size else (SIDE, SIDE)
    golden = {"seed": seed, "shape": [clip.num_frames, *size, 3]}
    return {**golden, "logits": _logits(model, clip, golden).tolist()}


def verify(name: str) -> Verification:
    """Compares a card's network on this machine with the logits that the card stores.

    Args:
        name: Of a card that stores golden logits.

    Raises:
        ValueError: There is no such card, or it stores none.

    Example:

    >>> keras_nonlocal.zoo.verify("nl_i3d_small_weizmann").passed
    True
    """
    card = read_card(name)
    if card.golden is None:
        raise ValueError(
            f"The card {name!r} stores no golden logits: its weights were not at hand when it "
            "was written. `zoo fetch` compares the file with the published hash, if there is one."
        )
    stored = np.asarray(card.golden["logits"])
    found = _logits(load(name).model, card.clip, card.golden)
    difference = float(np.abs(found - stored).max() / np.abs(stored).max())
    return Verification(name, difference, difference <= TOLERANCE)


def _logits(model: keras.Model, clip: ClipSpec, golden: Mapping[str, Any]) -> np.ndarray:
    """Of the generated clip, averaged over places where the network classifies several."""
    random = np.random.default_rng(golden["seed"])
    pixels = random.integers(0, 256, golden["shape"], "uint8")
    inputs = preprocess(pixels[None], **clip.preprocessing)
    network = keras.Model(model.input, model.get_layer(LOGITS).output)
    logits = keras.ops.convert_to_numpy(network(inputs, training=False))
    return logits.reshape(-1, logits.shape[-1]).mean(axis=0)
