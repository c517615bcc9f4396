"""The picture of what a position attends to within one detected object."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from .heat import colored
from .plot import BLUE, RED
from .regions import RegionAttention


def draw_region_attention(
    image: np.ndarray,
    found: RegionAttention,
    path: PathLike,
    *,
    skeleton: Sequence[Sequence[int]] = (),
    keypoint_names: Sequence[str] = (),
    title: str = "",
) -> None:
    """Draws the attention within a detected object to a PNG file: the object, and a heat map of it.

    The left half shows the object with its keypoints, the right half where the position in the red
    box attends to.

    Args:
        image: uint8 `(H, W, 3)`, the image as the network got it, which
            `keras_nonlocal.images.DetectionImage.pixels` returns.
        found: A result of `region_attention`.
        path: Path of the PNG file. It is replaced only when the picture is complete.
        skeleton: Indices of the two keypoints at the ends of each line.
        keypoint_names: Names of the keypoints, which are written beside them.
        title: Text above the picture.

    Raises:
        ValueError: The image is not uint8 `(H, W, 3)`, or the box is outside of it.
        OSError: The file cannot be written.

    Example:

    >>> weights = np.full((14, 14), 1 / 196, "float32")
    >>> found = keras_nonlocal.explain.RegionAttention(
    ...     "keypoint_conv_2_nonlocal", np.array([8, 4, 40, 60]), 0.9, np.array([3, 7]), weights)
    >>> image = np.zeros((64, 64, 3), "uint8")
    >>> keras_nonlocal.explain.draw_region_attention(image, found, "person.png")
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    if image.dtype != "uint8" or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"`image` must be uint8 (H, W, 3). Received: {image.dtype} {image.shape}")
    box = np.asarray(found.box, float)
    margin = 0.08 * (box[2:] - box[:2])
    left, top = np.maximum(np.floor(box[:2] - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(box[2:] + margin), image.shape[1::-1]).astype(int)
    crop = image[top:bottom, left:right]
    if not crop.size:
        raise ValueError(
            f"The box must lie in the image of {image.shape[:2]}. Received: {box.round(1).tolist()}"
        )
    height = 4.0
    width = height * crop.shape[1] / crop.shape[0]
    figure = Figure(figsize=(2 * width, height + 0.3), dpi=120)
    share = height / (height + 0.3)
    axes = [figure.add_axes((side / 2, 0, 0.495, share)) for side in (0, 1)]
    extent = (left - 0.5, right - 0.5, bottom - 0.5, top - 0.5)
    for each in axes:
        each.imshow(crop, extent=extent)
        each.set_axis_off()
    span = (box[0] - 0.5, box[2] - 0.5, box[3] - 0.5, box[1] - 0.5)
    axes[1].imshow(colored(found.weights), extent=span, interpolation="nearest", zorder=2)
    step = np.array(found.pixels.steps)
    corner = box[1::-1] - 0.5 + found.query * step
    for each in axes:
        each.add_patch(
            Rectangle(corner[::-1], *step[::-1], fill=False, edgecolor=RED, linewidth=2, zorder=4)
        )
        each.set_xlim(*extent[:2])
        each.set_ylim(*extent[2:])
    if found.keypoints is not None:
        _draw_keypoints(axes[0], found.keypoints, skeleton, keypoint_names)
    figure.suptitle(printable(title), x=0.01, y=0.99, ha="left", fontsize=9, parse_math=False)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")


def _draw_keypoints(axes, points, skeleton, names) -> None:
    for one, other in skeleton:
        axes.plot(*points[[one, other], :2].T, color=BLUE, linewidth=1.5)
    axes.scatter(points[:, 0], points[:, 1], s=14, color=BLUE, edgecolors="white", zorder=3)
    for (x, y, _), name in zip(points, names, strict=False):
        axes.text(x + 2, y, printable(name), color="white", fontsize=6, parse_math=False)
