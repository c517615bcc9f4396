"""ImageNet networks to start training from: which builders have one, and where it is."""

from __future__ import annotations

from ..download.digests import Digest
from ..download.published_file import PublishedFile

IMAGENET = "imagenet"

# torchvision's ResNets, with the stride on the 3x3 convolutions as here; BSD-3-Clause.
_HOST = "https://download.pytorch.org/models"
RESNETS = {
    "r50": PublishedFile(
        "resnet50-0676ba61.pth",
        (f"{_HOST}/resnet50-0676ba61.pth",),
        Digest("sha256_prefix", "0676ba61"),
    ),
    "r101": PublishedFile(
        "resnet101-63fe2227.pth",
        (f"{_HOST}/resnet101-63fe2227.pth",),
        Digest("sha256_prefix", "63fe2227"),
    ),
}


def has_imagenet(builder: str) -> bool:
    """Whether there is an image network that a builder's residual blocks are inflated from."""
    return _depth(builder) in RESNETS


def imagenet_file(builder: str) -> PublishedFile:
    """Where the image network is published that a builder's residual blocks are inflated from.

    Raises:
        ValueError: There is none for this builder.
    """
    if not has_imagenet(builder):
        raise ValueError(
            f"There are ImageNet weights for builders of the depths {', '.join(RESNETS)}. "
            f"Received: weights={IMAGENET!r} for {builder}"
        )
    return RESNETS[_depth(builder)]


def _depth(builder):
    return builder.rsplit("_", 1)[-1]
