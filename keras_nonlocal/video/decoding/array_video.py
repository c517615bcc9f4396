"""Frames in memory, as from a camera, with the interface of an open video."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

from .frame_index import FrameIndex
from .frame_transform import FrameConverter, ResizeCrop
from .orientation import UPRIGHT

FPS = Fraction(30)


class ArrayVideo:
    """A video of frames in memory, which are resized and cropped as those of a file.

    Args:
        frames: uint8 `(T, H, W, 3)`, RGB, 30 in a second.

    Raises:
        ValueError: It is another array.
    """

    def __init__(self, frames: np.ndarray):
        if frames.dtype != "uint8" or frames.ndim != 4 or frames.shape[-1] != 3 or not frames.size:
            raise ValueError(
                "The frames of a video must be an array of uint8 (T, H, W, 3), RGB. "
                f"Received: {frames.dtype} {frames.shape}"
            )
        self._frames = frames
        self.index = FrameIndex(array("q", range(len(frames))), 1 / FPS, None, FPS)

    def read(self, indices: Sequence[int], resize: ResizeCrop) -> np.ndarray:
        """Reads frames by index: uint8 `(len(indices), H, W, 3)`."""
        converter = FrameConverter("an array of frames", resize)
        chosen = (np.ascontiguousarray(self._frames[index]) for index in indices)
        frames = (av.VideoFrame.from_ndarray(frame, format="rgb24") for frame in chosen)
        return np.stack([converter.pixels(frame, UPRIGHT) for frame in frames])
