"""From pixels to the input of a network, the same in training and in prediction."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ..augmentation.normalization import normalized
from ..utils.errors import NotFiniteError
from .motion_crop import crop_along, path_of


def preprocess(
    clips,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    subtract_mean_frame: bool = False,
    subtract_previous_frame: bool = False,
    track_motion: tuple[int, int] | None = None,
) -> tf.Tensor:
    """Normalizes clips of pixels from 0 to 255 to float32.

    Args:
        clips: One clip or a batch of clips, `(..., T, H, W, 3)`, RGB.
        mean, std: One value per channel: `(pixel - mean) / std`. `None` leaves pixels as they are.
        subtract_mean_frame: For cameras that do not move. Takes the absolute difference of each
            pixel from its mean over the clip, so that the background becomes zero and the color of
            clothes does not matter, and divides by the root mean square over the clip. Ignores
            `mean` and `std`.
        subtract_previous_frame: For movements whose direction matters. Takes the difference of each
            frame from the frame before it, with its sign, and divides by the root mean square over
            the clip. The first frame, which has none before it, gets the same difference as the
            second. Ignores `mean` and `std`.
        track_motion: Height and width of a crop that follows the motion; needs
            `subtract_mean_frame`.

    Returns:
        float32 of the same shape, or `(..., T, *track_motion, 3)`.

    Raises:
        ValueError: `track_motion` is given without `subtract_mean_frame`, both frames are to be
            subtracted, only one of `mean` and `std` is given, or the result is not finite. In a
            graph it is a `tf.errors.InvalidArgumentError` then.

    Example:

    >>> clip = np.full((8, 32, 32, 3), 172.125)
    >>> float(preprocess(clip, mean=(114.75,) * 3, std=(57.375,) * 3)[0, 0, 0, 0])
    1.0
    """
    if track_motion and not subtract_mean_frame:
        raise ValueError(
            "`track_motion` needs `subtract_mean_frame=True`, which computes the motion. "
            f"Received: track_motion={track_motion!r}, subtract_mean_frame=False"
        )
    if (mean is None) != (std is None):
        raise ValueError(f"Give both `mean` and `std`, or neither. Received: {mean=}, {std=}")
    if subtract_mean_frame and subtract_previous_frame:
        raise ValueError(
            "Set `subtract_mean_frame` or `subtract_previous_frame`, not both: each makes the "
            "motion from the pixels. Received: True for both"
        )
    clips = tf.cast(clips, "float32")
    if subtract_previous_frame:
        return _finite(_scaled(_differences(clips)))
    if not subtract_mean_frame:
        return _finite(clips if mean is None else normalized(clips, mean, std))
    motion = _motion(clips)
    if track_motion:
        motion = _cropped(motion, motion, track_motion)
    return _finite(_scaled(motion))


def _scaled(motion):
    """Motion of the same strength in all clips; that of still clips stays weak."""
    power = tf.reduce_mean(tf.square(motion), axis=(-4, -3, -2, -1), keepdims=True)
    return motion / tf.maximum(tf.sqrt(power), 1.0)


def _differences(clips):
    """The difference of each frame from the one before it; zero for a clip of a single frame."""
    before = tf.concat([clips[..., :1, :, :, :], clips[..., :-1, :, :, :]], axis=-4)
    differences = clips - before
    first = differences[..., 1:2, :, :, :]  # the first frame has none before it
    whole = tf.concat([first, differences[..., 1:, :, :, :]], axis=-4)
    return whole if clips.shape[-4] != 1 else differences


def _finite(inputs):
    message = "Pixels must be numbers from 0 to 255, and `mean` and `std` finite."
    try:
        return tf.debugging.check_numerics(inputs, message)
    except tf.errors.InvalidArgumentError as error:
        raise NotFiniteError(f"{message} Received: {error.message}") from error


def pixels_seen(clips, track_motion: tuple[int, int] | None = None) -> tf.Tensor:
    """The pixels that preprocessed clips show: whole frames, or the crop that follows the motion.

    Args:
        clips: One clip or a batch of clips, `(..., T, H, W, 3)`.
        track_motion: As in `preprocess`.

    Returns:
        Pixels of the same dtype; `(..., T, *track_motion, 3)` if the crop follows the motion.

    Example:

    >>> pixels_seen(np.zeros((8, 96, 120, 3), "uint8"), track_motion=(64, 64)).shape
    TensorShape([8, 64, 64, 3])
    """
    clips = tf.convert_to_tensor(clips)
    if not track_motion:
        return clips
    pixels = tf.cast(clips, "float32")
    return tf.cast(tf.round(_cropped(pixels, _motion(pixels), track_motion)), clips.dtype)


def _motion(clips):
    return tf.abs(clips - tf.reduce_mean(clips, axis=-4, keepdims=True))


def _cropped(clips, motion, size):
    if clips.shape.rank == 4:
        return _cropped(clips[None], motion[None], size)[0]
    return crop_along(clips, path_of(motion), size)
