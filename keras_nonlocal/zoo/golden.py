"""Golden logits: the stored output of a network for a generated clip, to verify the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..pretrained.cards import Card, read_card
from ..utils.compat import output_of
from ..utils.roles import LOGITS
from ..weights.assign import check_finite
from .applications import preprocess_input
from .loading import load

TOLERANCE = 1e-4  # relative to the largest logit: other machines sum in another order
SIDE = 64  # height and width of generated pixels, for networks that take any size


@dataclass(frozen=True)
class Verification:
    """The result of comparing the logits of a network with the stored ones.

    Attributes:
        name: The name of the card.
        difference: The largest absolute difference, relative to the largest absolute logit.
        passed: Whether the difference is within the tolerance.
    """

    name: str
    difference: float
    passed: bool


def golden_of(model: keras.Model, card: Card, seed: int = 0) -> dict[str, Any]:
    """Computes the logits of a network for small random pixels, as cards store them."""
    shape, clip = [SIDE, SIDE, 3], card.clip
    if clip is not None:
        # Tracking motion needs clips of the size in which they are read.
        size = clip.size if clip.track_motion and clip.size else (SIDE, SIDE)
        shape = [clip.num_frames, *size, 3]
    golden = {"seed": seed, "shape": shape}
    return {**golden, "logits": _logits(model, card, golden).tolist()}


def verify(name: str) -> Verification:
    """Compares the output of a card's network on this machine with the logits in the card.

    Args:
        name: The name of a card that stores golden logits.

    Returns:
        The difference, and whether it is within the tolerance.

    Raises:
        ValueError: There is no such card, it stores no logits, or its weights file is another one.

    Example:
        >>> keras_nonlocal.zoo.verify("nl_i3d_small_weizmann").passed
        True
    """
    card = read_card(name)
    if card.golden is None:
        raise ValueError(
            f"The card {name!r} stores no golden logits: its weights were not available when it "
            "was written. `zoo fetch` compares the file with the published digest, if there is one."
        )
    stored = np.asarray(card.golden["logits"])
    found = _logits(load(name).model, card, card.golden)
    difference = float(np.abs(found - stored).max() / np.abs(stored).max())
    return Verification(name, difference, difference <= TOLERANCE)


def _logits(model: keras.Model, card: Card, golden: Mapping[str, Any]) -> np.ndarray:
    """Returns the logits of generated pixels, averaged over all positions."""
    random = np.random.default_rng(golden["seed"])
    pixels = random.integers(0, 256, golden["shape"], "uint8")
    network = keras.Model(model.input, output_of(model, LOGITS))
    logits = network(preprocess_input(pixels[None], card=card), training=False)
    logits = keras.ops.convert_to_numpy(logits)
    check_finite({"logits": logits}, f"The logits of {model.name!r}")
    return logits.reshape(-1, logits.shape[-1]).mean(axis=0)
