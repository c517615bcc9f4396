"""Small video files to train on."""

from pathlib import Path

import numpy as np

from keras_nonlocal.video.decoding.write import write_video

CLASSES = ("bright", "dark")


def write_squares(folder, count, *, frames=7, seed=0):
    """Writes `class/index.mp4` with moving squares, which a tiny network classifies in seconds."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        video = rng.normal(120, 10, (frames, 32, 32, 3))
        for time, frame in enumerate(video):
            frame[8:24, 4 + 2 * time : 18 + 2 * time] += (90, -90)[index % 2]
        path = Path(folder) / CLASSES[index % 2] / f"{index}.mp4"
        write_video(path, video.clip(0, 255).astype("uint8"))
    return Path(folder)


def write_noise(folder, count, frames, size):
    """Writes `class0` and `class1` with noise, from which nothing can be learned."""
    rng = np.random.default_rng(0)
    for index in range(count):
        video = rng.integers(0, 255, (frames, *size, 3), "uint8")
        write_video(folder / f"class{index % 2}" / f"{index}.mp4", video)
    return folder
