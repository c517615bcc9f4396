"""The differences between published video networks, as a table.

The networks differ in strides, padding, pooling, the non-local block and the head. The shapes of
the weights are often the same, but the weights give right results only in their own network. So a
checkpoint names its variant. Sources: the official Caffe2 code, PySlowFast, PyTorchVideo, MMAction2
and GluonCV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Kernel size in time of each block of a stage, repeated over the stage.
INFLATION = {"res2": (3,), "res3": (3, 1), "res4": (3, 1), "res5": (1, 3)}


@dataclass(frozen=True)
class Variant:
    """The architecture of one family of published video networks.

    Attributes:
        frames: Number of frames of the clips on which the networks were trained.
        frame_stride: Distance between these frames in the video, in frames.
        stem_stride: Temporal stride of conv1.
        pool1: Size of the max pooling after conv1, `(time, height, width)`.
        pool1_stride: Temporal stride of pool1. The spatial stride is 2.
        pool1_padding: Spatial padding of pool1 on each side, in positions.
        head: A key of `models.heads.MAKE_HEAD`.
        pool2: Whether pairs of frames are max pooled after res2.
        frozen_norm: Whether batch norms are constant scales and shifts.
        inflation: Kernel sizes in time of the inflated networks, by stage.
        non_local: Arguments of `NonLocal3D`.
        groups: Number of temporal groups of the non-local blocks, by stage.
    """

    frames: int
    frame_stride: int
    stem_stride: int
    pool1: tuple[int, int, int]
    pool1_stride: int
    pool1_padding: int
    head: str
    pool2: bool = True
    frozen_norm: bool = False
    inflation: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: INFLATION)
    non_local: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)

    @property
    def temporal_stride(self) -> int:
        """Number of input frames for each frame of features. It is the minimum length of a clip."""
        return self.stem_stride * self.pool1_stride * (2 if self.pool2 else 1)


_OFFICIAL_BLOCK = {"pool_size": (1, 2, 2), "pool_position": "before", "scale": True}
_POOL_AFTER = {"pool_size": (1, 2, 2), "pool_position": "after", "out_bias": False}

_official_32x2 = Variant(
    frames=32,
    frame_stride=2,
    stem_stride=2,
    pool1=(2, 3, 3),
    pool1_stride=2,
    pool1_padding=0,
    head="probabilities",
    non_local=_OFFICIAL_BLOCK,
)
_official_8x8 = replace(
    _official_32x2, frames=8, frame_stride=8, stem_stride=1, pool1=(1, 3, 3), pool1_stride=1
)
_affine: dict[str, Any] = {
    "frozen_norm": True,
    "groups": {"res3": 4},
    "non_local": {**_OFFICIAL_BLOCK, "norm": None},
}
_slowfast = replace(_official_8x8, pool1_padding=1)
_mmaction2 = replace(
    _official_32x2, pool1=(1, 3, 3), pool1_padding=1, head="features", non_local=_POOL_AFTER
)
_mmaction2_c2d = replace(_official_8x8, head="features", non_local=_POOL_AFTER)

VARIANTS = {
    "official_32x2": _official_32x2,
    "official_8x8": _official_8x8,
    "official_long": replace(_official_32x2, frames=128, frame_stride=1, **_affine),
    "official_long_32x4": replace(_official_8x8, frames=32, frame_stride=4, **_affine),
    "slowfast": _slowfast,
    "slowfast_nopool": replace(_slowfast, pool2=False),
    "pytorchvideo": replace(_slowfast, head="logits"),
    "mmaction2": _mmaction2,
    "mmaction2_heavy": replace(
        _mmaction2, stem_stride=1, pool1_stride=1, inflation=dict.fromkeys(INFLATION, (3,))
    ),
    "mmaction2_c2d": _mmaction2_c2d,
    "mmaction2_c2d_nopool": replace(_mmaction2_c2d, pool1_padding=1, pool2=False),
    "gluoncv": replace(_mmaction2, non_local={"scale": True}),
}
