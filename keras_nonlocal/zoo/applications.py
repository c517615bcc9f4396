"""`preprocess_input` and `decode_predictions`, as `keras.applications` has them, for any card."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from ..pretrained.cards import Card, read_card
from ..utils.checks import positive_int
from ..video.preprocessing import preprocess


def preprocess_input(clips, *, card: str | Card):
    """Pixels to what a card's network was trained on.

    The card says the mean and the standard deviation of each channel; networks of other origins
    have others, so there is no default.

    Args:
        clips: RGB pixels from 0 to 255, `(..., T, H, W, 3)`: an array, or a tensor of a `tf.data`
            pipeline.
        card: The name of a card, or a card.

    Returns:
        float32 of the same shape, cropped where the card says so; an array for an array, a
        tensor for a tensor.

    Raises:
        ValueError: There is no such card, or `clips` are no RGB clips.

    Example:

    >>> clips = np.full((1, 8, 32, 32, 3), 114.75)
    >>> inputs = keras_nonlocal.zoo.preprocess_input(
    ...     clips, card="nl_i3d_r50_kinetics400_official_8x8"
    ... )
    >>> inputs.shape, float(inputs.max())
    ((1, 8, 32, 32, 3), 0.0)
    """
    clip = _card(card).clip
    is_tensor = tf.is_tensor(clips)
    clips = clips if is_tensor else np.asarray(clips)
    if len(clips.shape) < 4 or clips.shape[-1] != 3:
        raise ValueError(
            "`clips` must be RGB pixels of the shape (..., T, H, W, 3). "
            f"Received: shape={tuple(clips.shape)}"
        )
    prepared = preprocess(clips, **clip.preprocessing)
    return prepared if is_tensor else prepared.numpy()


def decode_predictions(
    predictions, *, card: str | Card, top: int = 5
) -> list[list[tuple[int, str, float]]]:
    """What the outputs of a card's network mean: the likeliest classes of each clip.

    Args:
        predictions: Probabilities `(B, classes)`, as the network returns them.
        card: The name of a card, or a card.
        top: How many classes.

    Returns:
        A list for each clip of `(index, name, probability)`, the highest first.

    Raises:
        ValueError: There is no such card, or it has another number of classes.

    Example:

    >>> probabilities = np.eye(400)[[5]]
    >>> keras_nonlocal.zoo.decode_predictions(
    ...     probabilities, card="nl_i3d_r50_kinetics400_mmaction2_embedded_gaussian", top=1
    ... )
    [[(5, 'archery', 1.0)]]
    """
    positive_int("top", top)
    card = _card(card)
    predictions = np.asarray(predictions)
    if predictions.ndim != 2 or predictions.shape[1] != len(card.classes):
        raise ValueError(
            f"`predictions` of {card.name!r} must have the shape (B, {len(card.classes)}). "
            f"Received: shape={predictions.shape}"
        )
    order = np.argsort(-predictions, axis=1, kind="stable")[:, :top]
    return [
        [(int(index), card.classes[index], float(row[index])) for index in indices]
        for row, indices in zip(predictions, order, strict=True)
    ]


def _card(card: str | Card) -> Card:
    return card if isinstance(card, Card) else read_card(card)
