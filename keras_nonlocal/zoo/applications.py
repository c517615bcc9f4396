"""`preprocess_input` and `decode_predictions` for any model card, as in `keras.applications`."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from ..augmentation.normalization import normalized
from ..pretrained.cards import Card, read_card
from ..utils.checks import positive_int
from ..video.preprocessing import preprocess
from ..weights.assign import check_finite


def preprocess_input(clips, *, card: str | Card):
    """Converts pixels to the inputs that a card's network was trained on.

    The card states the mean and the standard deviation of each channel. They differ between code
    bases, so there is no default card.

    Args:
        clips: RGB pixels from 0 to 255 of the shape `(..., T, H, W, 3)`, or `(..., H, W, 3)` for a
            network of images: an array, or a tensor of a `tf.data` pipeline.
        card: A card, or its name.

    Returns:
        The inputs as float32, of the same shape unless the card asks for a crop. They are an array
        for an array, and a tensor for a tensor.

    Raises:
        ValueError: There is no such card, the shape of `clips` is not that of RGB pixels, or a
            pixel is not finite.

    Example:
        >>> clips = np.full((1, 8, 32, 32, 3), 114.75)
        >>> inputs = keras_nonlocal.zoo.preprocess_input(
        ...     clips, card="nl_i3d_r50_kinetics400_official_8x8"
        ... )
        >>> inputs.shape, float(inputs.max())
        ((1, 8, 32, 32, 3), 0.0)
    """
    card = _card(card)
    is_tensor = tf.is_tensor(clips)
    clips = clips if is_tensor else np.asarray(clips)
    axes = "T, H, W, 3" if card.clip else "H, W, 3"
    if len(clips.shape) < axes.count(",") + 1 or clips.shape[-1] != 3:
        raise ValueError(
            f"`clips` must be RGB pixels of the shape (..., {axes}). "
            f"Received: shape={tuple(clips.shape)}"
        )
    if card.clip:
        inputs = preprocess(clips, **card.clip.preprocessing)
    elif card.image:
        inputs = normalized(tf.cast(clips, "float32"), card.image.mean, card.image.std)
    return inputs if is_tensor else inputs.numpy()


def decode_predictions(
    predictions, *, card: str | Card, top: int = 5
) -> list[list[tuple[int, str, float]]]:
    """Finds the most probable classes of each clip.

    Args:
        predictions: Probabilities `(B, classes)`, as a card's network returns them.
        card: A card, or its name.
        top: The number of classes to return for each clip.

    Returns:
        For each clip, a list of `(index, name, probability)` in order of decreasing probability.

    Raises:
        ValueError: There is no such card, it has another number of classes, a probability is not
            finite, or `top` is not a positive integer.

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
    check_finite({"predictions": predictions}, f"Probabilities of {card.name!r}")
    order = np.argsort(-predictions, axis=1, kind="stable")[:, :top]
    return [
        [(int(index), card.classes[index], float(row[index])) for index in indices]
        for row, indices in zip(predictions, order, strict=True)
    ]


def _card(card: str | Card) -> Card:
    return card if isinstance(card, Card) else read_card(card)
