"""Videos that a tiny network tells apart in seconds: bright and dark squares that move."""

from pathlib import Path

import numpy as np

from keras_nonlocal.video.decoding.write import write_video

CLASSES = ("bright", "dark")


def write_squares(folder, count, *, frames=7, seed=0):
    """Writes `class/number.mp4`, the classes in turn, and returns the folder."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        video = rng.normal(120, 10, (frames, 32, 32, 3))
        for time, frame in enumerate(video):
            frame[8:24, 4 + 2 * time : 18 + 2 * time] += (90, -90)[number % 2]
        path = Path(folder) / CLASSES[number % 2] / f"{number}.mp4"
        write_video(path, video.clip(0, 255).astype("uint8"))
    return Path(folder)
