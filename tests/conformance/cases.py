"""The table of configured layers. Each test file of this folder checks one property of all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from keras_nonlocal.layers import (
    CrissCross2D,
    CrissCross3D,
    DisentangledNonLocal1D,
    DisentangledNonLocal2D,
    DisentangledNonLocal3D,
    GlobalContext1D,
    GlobalContext2D,
    GlobalContext3D,
    NonLocal1D,
    NonLocal2D,
    NonLocal3D,
)


@dataclass(frozen=True)
class Case:
    """A configured layer and the shape of its input."""

    name: str
    layer: type
    shape: tuple[int, ...]
    config: dict = field(default_factory=dict)

    def make(self, **overrides):
        """Returns a new layer that is not built yet."""
        return self.layer(**{"name": "block", **self.config, **overrides})

    def input(self, seed=0):
        return np.random.default_rng(seed).normal(size=self.shape).astype("float32")


_CLIP = (2, 4, 4, 6, 6)

NON_LOCAL_CASES = [
    Case("sequence", NonLocal1D, (2, 9, 6)),
    Case("sequence_dot_product", NonLocal1D, (2, 9, 6), {"instantiation": "dot_product"}),
    Case("sequence_pooled", NonLocal1D, (2, 9, 6), {"pool_size": 2, "pool_position": "before"}),
    Case("image", NonLocal2D, (2, 5, 6, 8)),
    Case("image_gaussian", NonLocal2D, (2, 5, 6, 8), {"instantiation": "gaussian"}),
    Case("image_concatenation", NonLocal2D, (2, 5, 6, 8), {"instantiation": "concatenation"}),
    Case("image_pooled", NonLocal2D, (2, 5, 6, 8), {"pool_size": 2, "axes": "space"}),
    Case("clip", NonLocal3D, _CLIP),
    Case("clip_gaussian", NonLocal3D, _CLIP, {"instantiation": "gaussian", "scale": True}),
    Case("clip_dot_product", NonLocal3D, _CLIP, {"instantiation": "dot_product"}),
    Case("clip_concatenation", NonLocal3D, _CLIP, {"instantiation": "concatenation"}),
    Case("clip_space", NonLocal3D, _CLIP, {"axes": "space", "pool_size": (1, 2, 2)}),
    Case("clip_time", NonLocal3D, _CLIP, {"axes": "time", "pool_size": (2, 1, 1)}),
    Case("clip_groups", NonLocal3D, _CLIP, {"temporal_groups": 2}),
    Case("clip_time_groups", NonLocal3D, _CLIP, {"axes": "time", "temporal_groups": 2}),
    Case("clip_narrow", NonLocal3D, _CLIP, {"inner_channels": 2, "out_bias": False}),
    Case("clip_without_norm", NonLocal3D, _CLIP, {"norm": None}),
    Case(
        "clip_paper",
        NonLocal3D,
        (2, 4, 5, 7, 6),
        {"pool_size": (1, 2, 2), "pool_position": "after"},
    ),
    Case(
        "clip_official",
        NonLocal3D,
        (2, 4, 5, 7, 6),
        {"pool_size": (1, 2, 2), "pool_position": "before", "scale": True},
    ),
    Case(
        "clip_long",
        NonLocal3D,
        _CLIP,
        {
            "pool_size": (1, 2, 2),
            "pool_position": "before",
            "scale": True,
            "temporal_groups": 2,
            "norm": None,
        },
    ),
    Case(
        "clip_concatenation_pooled",
        NonLocal3D,
        _CLIP,
        {"instantiation": "concatenation", "pool_size": (1, 2, 2), "method": "sorted"},
    ),
]

# Weights of these tests are large, so that a temperature of 0.05 would leave only one key.
_WARM = {"temperature": 1.0}
RELATIVES = [
    Case("context_sequence", GlobalContext1D, (2, 9, 6)),
    Case("context_image", GlobalContext2D, (2, 5, 6, 8)),
    Case("context_clip", GlobalContext3D, _CLIP, {"inner_channels": 3}),
    Case("disentangled_sequence", DisentangledNonLocal1D, (2, 9, 6), _WARM),
    Case("disentangled_image", DisentangledNonLocal2D, (2, 5, 6, 8), {**_WARM, "scale": False}),
    Case("disentangled_space", DisentangledNonLocal3D, _CLIP, {**_WARM, "axes": "space"}),
    Case("disentangled_clip", DisentangledNonLocal3D, _CLIP, {**_WARM, "method": "blocked"}),
    Case("criss_cross_image", CrissCross2D, (2, 5, 6, 8)),
    Case("criss_cross_once", CrissCross2D, (2, 5, 6, 8), {"recurrence": 1, "inner_channels": 3}),
    Case("criss_cross_clip", CrissCross3D, _CLIP),
]
CASES = NON_LOCAL_CASES + RELATIVES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_non_local = pytest.mark.parametrize("case", NON_LOCAL_CASES, ids=lambda case: case.name)


def trained(layer, case, seed=1):
    """Sets weights as after training, all different from zero, and returns the layer."""
    if not layer.built:
        layer.build(case.shape)
    rng = np.random.default_rng(seed)
    for weight in layer.weights:
        value = rng.normal(0, 0.5, weight.shape)
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)
    return layer
