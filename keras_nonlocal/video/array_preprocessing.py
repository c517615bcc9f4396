"""The preprocessing of clips in NumPy, for processes without TensorFlow.

The numbers are those of `preprocess` and `motion_crop`, which run in graphs, up to rounding.
"""

from __future__ import annotations

import numpy as np

from .clip_spec import ClipSpec


def preprocess_array(clips: np.ndarray, clip: ClipSpec) -> np.ndarray:
    """Converts pixels to the input of a network, as `preprocess(clips, **clip.preprocessing)` does.

    Args:
        clips: Pixels from 0 to 255, `(B, T, H, W, 3)`, RGB.
        clip: How a video becomes the input of the network.

    Returns:
        float32 `(B, T, H, W, 3)`, or `(B, T, *clip.track_motion, 3)`.
    """
    clips = np.asarray(clips, "float32")
    if clip.subtract_previous_frame:
        return _scaled(_differences(clips))
    if not clip.subtract_mean_frame:
        if clip.mean is None or clip.std is None:
            return clips
        return (clips - np.array(clip.mean, "float32")) / np.array(clip.std, "float32")
    motion = np.abs(clips - clips.mean(axis=-4, keepdims=True))
    if clip.track_motion:
        motion = np.stack([_followed(each, clip.track_motion) for each in motion])
    return _scaled(motion)


def _scaled(motion):
    power = np.square(motion).mean(axis=(-4, -3, -2, -1), keepdims=True)
    return motion / np.maximum(np.sqrt(power), np.float32(1))


def _differences(clips):
    """The difference of each frame from the one before it; the first has that of the second."""
    differences = np.diff(clips, axis=-4)
    first = differences if clips.shape[-4] > 1 else np.zeros_like(clips)
    return np.concatenate([first[..., :1, :, :, :], differences], axis=-4)


def _followed(motion, size):
    """Crops each frame of a clip around the motion, which moves along a line at constant speed."""
    energy = np.square(motion).sum(axis=-1) + np.float32(1e-6)
    frames, rows, columns = (np.arange(length, dtype="float32") for length in energy.shape)
    by_frame = energy.sum(axis=(1, 2))
    total = by_frame.sum()
    column = (energy.sum(axis=1) * columns).sum(axis=1) / by_frame
    row = (energy.sum(axis=(0, 2)) * rows).sum() / total
    time = frames - (by_frame * frames).sum() / total
    middle = (by_frame * column).sum() / total
    speed = (by_frame * time * (column - middle)).sum()
    speed /= max((by_frame * time**2).sum(), np.float32(1e-6))
    top, lefts = row - (size[0] - 1) / 2, middle + speed * time - (size[1] - 1) / 2
    return np.stack(
        [
            _shifted(_shifted(frame, top, size[0], 0), left, size[1], 1)
            for frame, left in zip(motion, lefts, strict=True)
        ]
    )


def _shifted(frame, start, length, axis):
    """Reads `length` places along an axis from a fractional start; outside, pixels are zero."""
    first = int(np.floor(start))
    places = first + np.arange(length + 1)
    taken = np.moveaxis(frame.take(places.clip(0, frame.shape[axis] - 1), axis), axis, 0)
    taken[(places < 0) | (places >= frame.shape[axis])] = 0
    share = np.float32(start - first)
    return np.moveaxis((1 - share) * taken[:-1] + share * taken[1:], 0, axis)
