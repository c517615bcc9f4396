"""Golden logits: the stored output of a network for a generated clip, to verify the network."""

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
from ..weights.assign import check_finite
from .loading import load

TOLERANCE = 1e-4  # relative to the largest logit: other machines sum in another order
SIDE = 64  # height and width of a generated clip, for networks that take any size


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


def golden_of(model: keras.Model, clip: ClipSpec, seed: int = 0) -> dict[str, Any]:
    """Computes the logits of a network for a small random clip, as cards store them."""
    # Tracking motion needs clips of the size in which they are read.
    size = clip.size if clip.track_motion and clip.size else (SIDE, SIDE)
    golden = {"seed": seed, "shape": [clip.num_frames, *size, 3]}
    return {**golden, "logits": _logits(model, clip, golden).tolist()}


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
    found = _logits(load(name).model, card.clip, card.golden)
    difference = float(np.abs(found - stored).max() / np.abs(stored).max())
    return Verification(name, difference, difference <= TOLERANCE)


def _logits(model: keras.Model, clip: ClipSpec, golden: Mapping[str, Any]) -> np.ndarray:
    """Returns the logits of the generated clip, averaged over all positions."""
    random = np.random.default_rng(golden["seed"])
    pixels = random.integers(0, 256, golden["shape"], "uint8")
    inputs = preprocess(pixels[None], **clip.preprocessing)
    network = keras.Model(model.input, model.get_layer(LOGITS).output)
    logits = keras.ops.convert_to_numpy(network(inputs, training=False))
    check_finite({"logits": logits}, f"The logits of {model.name!r}")
    return logits.reshape(-1, logits.shape[-1]).mean(axis=0)
