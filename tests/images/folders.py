"""Small data sets of images with masks, written to disk."""

import numpy as np
from PIL import Image


def write_image(path, size=(12, 16), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), "uint8")
    Image.fromarray(pixels).save(path)
    return pixels


def write_mask(path, labels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(labels), mode).save(path)


def write_folders(root, counts=None, size=(12, 16), classes=("sky", "road", "car")):
    """`images/<split>/<n>.png` with masks of random labels, one pixel of which is ignored."""
    for split, count in (counts or {"train": 4, "val": 2}).items():
        for number in range(count):
            write_image(root / "images" / split / f"{number}.png", size, seed=number)
            random = np.random.default_rng(number)
            labels = random.integers(0, len(classes), size, "uint8")
            labels[0, 0] = 255
            write_mask(root / "masks" / split / f"{number}.png", labels)
    (root / "classes.txt").write_text("\n".join(classes) + "\n")
    return root
