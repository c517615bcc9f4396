"""The frame indices that a sampling rule selects, by `ClipSpec`."""

import numpy as np

from keras_nonlocal.video.clip_spec import ClipSpec


def spread(rule, num_frames, frames, stride, clips, fps=30.0):
    """The indices of each evaluation clip of a video."""
    clip = ClipSpec(frames, stride, sampling=rule, num_clips=clips)
    return clip.spread_indices(np.arange(num_frames), fps)


def random(rule, num_frames, frames, stride, rng, fps=30.0):
    """The indices of a training clip of a video."""
    clip = ClipSpec(frames, stride, sampling=rule)
    return clip.random_indices(np.arange(num_frames), rng, fps)
