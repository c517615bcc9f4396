"""Converted checkpoints compute what the published networks compute, for every code base."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from weights.name_maps import reference
from weights.name_maps.agreement import (
    LOGITS,
    SIZES,
    answers,
    assert_alike,
    channels_first,
    clip,
    few,
)
from weights.name_maps.reference import FIVE_BLOCKS, TEN_BLOCKS, Network, as_c2d

from keras_nonlocal import models
from keras_nonlocal.weights import convert, find_source

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("undrawn_weights")


@dataclass(frozen=True)
class Case:
    """A published network, and our builder with its arguments."""

    builder: str
    source: str
    variant: str
    published: Any
    frames: int
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def fewest(self):
        """The length of the shortest clip. Groups of frames need the clip length of training."""
        return self.frames if self.published.group else few(self.frames)

    def there(self, places):
        return Network(replace(self.published, places=places))

    def here(self, variant=None):
        build = getattr(models, self.builder)
        return build(variant=variant or self.variant, **self.arguments)


ORG, MODIFIED = reference.OFFICIAL_32X2, reference.OFFICIAL_8X8
SLOWFAST, GLUONCV = reference.SLOWFAST, reference.GLUONCV
CASES = [
    Case("c2d_r50", "caffe2", "official_32x2", as_c2d(ORG), 16),
    Case("nl_c2d_r50", "caffe2", "official_32x2", as_c2d(ORG), 16),
    Case("i3d_r50", "caffe2", "official_32x2", ORG, 32),
    Case("nl_i3d_r50", "caffe2", "official_32x2", ORG, 32),
    Case("c2d_r50", "caffe2", "official_8x8", as_c2d(MODIFIED), 8),
    Case("nl_c2d_r50", "caffe2", "official_8x8", as_c2d(MODIFIED), 8),
    Case("i3d_r50", "caffe2", "official_8x8", MODIFIED, 8),
    Case("nl_i3d_r50", "caffe2", "official_8x8", MODIFIED, 8),
    Case("i3d_r50", "caffe2", "official_long", reference.OFFICIAL_128X1, 32),
    Case("nl_i3d_r50", "caffe2", "official_long", reference.OFFICIAL_128X1, 128),
    Case("i3d_r50", "caffe2", "official_long_32x4", reference.OFFICIAL_32X4, 16),
    Case("nl_i3d_r50", "caffe2", "official_long_32x4", reference.OFFICIAL_32X4, 32),
    Case("c2d_r50", "caffe2", "slowfast_nopool", as_c2d(reference.SLOWFAST_NOPOOL_PICKLE), 4),
    Case("nl_i3d_r50", "caffe2", "slowfast", reference.SLOWFAST_PICKLE, 8),
    Case("i3d_r50", "slowfast", "slowfast", SLOWFAST, 8),
    Case("nl_c2d_r50", "slowfast", "slowfast", as_c2d(SLOWFAST), 8),
    Case("nl_i3d_r50", "slowfast", "slowfast", SLOWFAST, 8),
    Case(
        "nl_i3d_r50",
        "slowfast",
        "slowfast",
        replace(SLOWFAST, dot_product=True),
        8,
        {"instantiation": "dot_product"},
    ),
    Case("c2d_r50", "pytorchvideo", "pytorchvideo", as_c2d(reference.PYTORCHVIDEO), 8),
    Case("i3d_r50", "pytorchvideo", "pytorchvideo", reference.PYTORCHVIDEO, 8),
    Case("i3d_r50", "gluoncv", "gluoncv", GLUONCV, 32),
    Case("nl_i3d_r50", "gluoncv", "gluoncv", GLUONCV, 32),
    Case("nl_i3d_r50", "gluoncv", "gluoncv", GLUONCV, 32, {"blocks": 10}),
]


def placed(case):
    """Returns the positions of the non-local blocks in the published network."""
    if not case.builder.startswith("nl_"):
        return {}
    return TEN_BLOCKS if case.arguments.get("blocks") == 10 else FIVE_BLOCKS


def published_answers(network, clips):
    clips = torch.from_numpy(channels_first(clips))
    with torch.no_grad():
        logits = network.logits(clips)
    return network.probabilities(logits), logits.numpy()


def case_name(case):
    return "-".join([case.builder, case.source, case.variant, *map(str, case.arguments.values())])


@pytest.fixture(scope="module", params=CASES, ids=case_name)
def pair(request):
    """A published network with random weights, our network with the same weights, and the case."""
    case = request.param
    network = case.there(placed(case))
    published_answers(network, clip(case.fewest, (224, 224)))  # draws the weights
    model = case.here()
    assert find_source(network.weights) == case.source
    convert(network.weights, model, case.source)
    return network, model, case


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_converted_network_gives_the_output_of_the_published_one(pair, size):
    network, model, case = pair
    clips = clip(case.frames if size == SIZES[0] else case.fewest, size, seed=1)
    assert_alike(answers(model, clips), published_answers(network, clips))


WRONG = [
    ("official_8x8", "slowfast"),  # padding of pool1
    ("official_32x2", "gluoncv"),  # pool1 over time, pooled keys
    ("official_long_32x4", "official_long"),  # strides over time
    ("slowfast", "slowfast_nopool"),
    ("slowfast", "gluoncv"),
]


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_the_tolerances_detect_a_wrong_variant(right, wrong):
    """The same tensors fit, but give other outputs."""
    case = next(c for c in CASES if c.variant == right and c.builder == "nl_i3d_r50")
    clips = clip(case.frames, (224, 224))
    network = case.there(FIVE_BLOCKS)
    theirs = published_answers(network, clips)
    model = case.here(wrong)
    convert(network.weights, model, case.source)
    ours = answers(model, clips)
    difference = abs(ours[1].mean(axis=1) - theirs[1].mean(axis=1)).max()
    assert difference > 100 * LOGITS * abs(theirs[1]).max()
