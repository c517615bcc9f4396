"""Videos of noise, in two classes: nothing to learn, but something to read."""

import numpy as np

from keras_nonlocal.video.decoding.write import write_video


def write_noise(folder, count, frames, size):
    """Writes `class0` and `class1` in turns."""
    rng = np.random.default_rng(0)
    for number in range(count):
        video = rng.integers(0, 255, (frames, *size, 3), "uint8")
        write_video(folder / f"class{number % 2}" / f"{number}.mp4", video)
    return folder
