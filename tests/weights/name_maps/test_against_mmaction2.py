"""Converted checkpoints compute what MMAction2's own code computes.

The networks are built from the configuration files in its wheel; only their weights are random.
"""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from weights.name_maps.agreement import (
    LOGITS,
    ODD_SIZE,
    SIZES,
    answers,
    assert_alike,
    channels_first,
    clip,
    few,
)
from weights.name_maps.random_weights import checkpoint, draw_weights

from keras_nonlocal import models
from keras_nonlocal.weights import convert, find_source

torch = pytest.importorskip("torch")
mmaction = pytest.importorskip("mmaction")
pytestmark = pytest.mark.usefixtures("undrawn_weights")


@dataclass(frozen=True)
class Case:
    """A configuration file of MMAction2, and our builder with its arguments."""

    config: str
    frames: int
    builder: str
    arguments: dict[str, Any] = field(default_factory=dict)
    attention: float = 0.1  # variance of the output of a non-local convolution for unit features


I3D = "i3d/i3d_imagenet-pretrained-r50{}_8xb8-32x2x1-100e_kinetics400-rgb.py"
C2D = "c2d/c2d_{}.py"
CASES = [
    Case(
        I3D.format("-nl-embedded-gaussian"),
        32,
        "nl_i3d_r50",
        {"variant": "mmaction2", "instantiation": "embedded_gaussian"},
    ),
    Case(
        I3D.format("-nl-gaussian"),
        32,
        "nl_i3d_r50",
        {"variant": "mmaction2", "instantiation": "gaussian"},
    ),
    Case(
        I3D.format("-nl-dot-product"),
        32,
        "nl_i3d_r50",
        {"variant": "mmaction2", "instantiation": "dot_product"},
        0.02,  # without a softmax the block is cubic in its features
    ),
    Case(I3D.format(""), 32, "i3d_r50", {"variant": "mmaction2"}),
    Case(I3D.format("-heavy"), 8, "i3d_r50", {"variant": "mmaction2_heavy"}),
    Case(
        C2D.format("r50-in1k-pre_8xb32-8x8x1-100e_kinetics400-rgb"),
        8,
        "c2d_r50",
        {"variant": "mmaction2_c2d"},
    ),
    Case(
        C2D.format("r50-in1k-pre-nopool_8xb32-8x8x1-100e_kinetics400-rgb"),
        8,
        "c2d_r50",
        {"variant": "mmaction2_c2d_nopool"},
    ),
    Case(
        C2D.format("r101-in1k-pre-nopool_8xb32-8x8x1-100e_kinetics400-rgb"),
        8,
        "c2d_r101",
        {"variant": "mmaction2_c2d_nopool"},
    ),
]


def recognizer(case):
    """Builds MMAction2's network of the configuration, with random weights and statistics."""
    from mmengine.config import Config

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about compiled operators that no network here uses
        from mmaction.registry import MODELS
        from mmaction.utils import register_all_modules

        register_all_modules()
        folder = Path(mmaction.__file__).parent / ".mim" / "configs" / "recognition"
        description = Config.fromfile(folder / case.config).model
        description.backbone.update(pretrained=None)
        if "pretrained2d" in description.backbone:
            description.backbone.update(pretrained2d=False)
        model = MODELS.build(description)
    return draw_weights(model, "conv3.bn", model.cls_head.fc_cls, case.attention)


def mmaction2_answers(model, clips):
    """Returns probabilities and logits of its backbone and head."""
    clips = torch.from_numpy(channels_first(clips))
    with torch.no_grad():
        if type(model).__name__ == "Recognizer2D":
            images = clips.transpose(1, 2).flatten(0, 1)
            logits = model.cls_head(model.backbone(images), num_segs=clips.shape[2])
        else:
            logits = model.cls_head(model.backbone(clips))
    return logits.softmax(dim=-1).numpy(), logits[:, None].numpy()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.config[:-3])
def pair(request):
    """A network of MMAction2, ours with the same weights, and the frames of its clips."""
    case = request.param
    theirs = recognizer(case)
    ours = getattr(models, case.builder)(**case.arguments)
    state = checkpoint(theirs)
    assert find_source(state) == "mmaction2"
    convert(state, ours, "mmaction2")
    return theirs, ours, case.frames


@pytest.mark.parametrize("size", [*SIZES, ODD_SIZE], ids=str)
def test_a_converted_network_gives_the_output_of_mmaction2(pair, size):
    theirs, ours, frames = pair
    clips = clip(frames if size == SIZES[0] else few(frames), size)
    assert_alike(answers(ours, clips), mmaction2_answers(theirs, clips))


def test_the_tolerances_detect_a_wrong_pairwise_function():
    """The tensors of the embedded Gaussian fit the dot product, but give other outputs."""
    case = CASES[0]
    theirs = recognizer(case)
    ours = models.nl_i3d_r50(variant="mmaction2", instantiation="dot_product")
    convert(checkpoint(theirs), ours, "mmaction2")
    clips = clip(8, (224, 224))
    expected = mmaction2_answers(theirs, clips)[1]
    assert abs(answers(ours, clips)[1] - expected).max() > 100 * LOGITS * abs(expected).max()
