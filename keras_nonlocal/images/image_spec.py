"""How an image becomes the input of a network, and how the network is tested, in one dataclass."""

from __future__ import annotations

from dataclasses import dataclass

from ..utils.checks import at_least, sizes


@dataclass(frozen=True)
class ImageSpec:
    """How an image becomes the input of a network: its size, its pixel values, and its views.

    Cards, recipes, evaluators and predictors share this class, so that a network gets the same
    inputs everywhere.

    Attributes:
        mean, std: One value per channel, RGB, for pixels from 0 to 255: the network's input is
            `(pixel - mean) / std`.
        resize: The image is scaled, and keeps its shape, until it just fits into these two sides,
            in either orientation: the longer side into the longer one. `None` keeps its size.
        window: Height and width of the windows into which an image is divided; `None` tests the
            whole image at once.
        window_stride: Distance between two windows down and to the right, in pixels. The last
            window is moved back into the image.
        scales: The image is also tested at these multiples of its size.
        flip: Whether mirror images are tested, too.

    Raises:
        ValueError: A value is out of range, or there is a window without a stride.

    Example:

    >>> spec = ImageSpec(resize=(2048, 512))
    >>> spec.resized(480, 640), spec.resized(640, 480)
    ((512, 683), (683, 512))
    """

    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    resize: tuple[int, int] | None = None
    window: tuple[int, int] | None = None
    window_stride: tuple[int, int] | None = None
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False

    def __post_init__(self):
        for name in ("resize", "window", "window_stride"):
            if getattr(self, name) is not None:
                sizes(name, getattr(self, name), 2)
        if (self.window is None) != (self.window_stride is None):
            raise ValueError(
                "`window` and `window_stride` must be given together. Received: "
                f"window={self.window!r}, window_stride={self.window_stride!r}"
            )
        if not self.scales:
            raise ValueError("`scales` must have at least one factor. Received: none")
        for scale in self.scales:
            at_least("scales", scale, 0.01)
        for value in self.std:
            at_least("std", value, 1e-3)
        for value in self.mean:
            at_least("mean", value, 0)

    def resized(self, height: int, width: int, scale: float = 1.0) -> tuple[int, int]:
        """Returns the height and width at which an image of this size is tested."""
        factor = scale
        if self.resize is not None:
            longer, shorter = max(self.resize), min(self.resize)
            factor *= min(longer / max(height, width), shorter / min(height, width))
        return max(int(height * factor + 0.5), 1), max(int(width * factor + 0.5), 1)
