"""Converted checkpoints of segmentation networks compute what MMSegmentation's own code computes.

Outputs of these networks differ from those in float64 by the rounding of float32, which many layers
amplify. So ours must be as near to the network in float64 as PyTorch's float32 is, within a factor.
"""

import numpy as np
import pytest
from backend import answer
from weights.name_maps.agreement import channels_first
from weights.name_maps.random_weights import checkpoint

from keras_nonlocal import models
from keras_nonlocal.weights import convert, find_source

torch = pytest.importorskip("torch")
pytest.importorskip("mmseg")
# It imports PyTorch, so it comes after the lines that skip without it.
from weights.name_maps.mmsegmentation import CONFIGS, logits_of, segmentor  # noqa: E402

pytestmark = pytest.mark.usefixtures("undrawn_weights")
ROUNDING = 2.0  # our largest difference, divided by that of PyTorch in float32


def images(size, seed=0):
    return np.random.default_rng(seed).normal(size=(1, *size, 3)).astype("float32")


def converted(theirs, builder, **arguments):
    ours = getattr(models, builder)(auxiliary_head=True, **arguments)
    state = checkpoint(theirs)
    assert find_source(state) == "mmsegmentation"
    report = convert(state, ours, "mmsegmentation")
    used = [row for row in report.rows if not row.action.startswith("ignored")]
    assert len(used) == len(report.rows) - sum("num_batches_tracked" in name for name in state)
    return ours


def assert_as_near_as_torch(ours, theirs, x):
    given = channels_first(x)
    single = logits_of(theirs, given, torch.float32)
    double = logits_of(theirs, given, torch.float64)
    found = answer(ours, x)
    for name, near, exact in zip(("logits", "auxiliary"), single, double, strict=True):
        mine = np.moveaxis(found[name], -1, 1)
        rounding = np.abs(near - exact).max()
        assert rounding < 0.01 * np.abs(exact).max()  # else this would compare noise
        assert np.abs(mine - exact).max() <= ROUNDING * rounding
        best, second = np.sort(exact, axis=1)[:, -1], np.sort(exact, axis=1)[:, -2]
        clear = best - second > 2 * ROUNDING * rounding
        np.testing.assert_array_equal(mine.argmax(1)[clear], exact.argmax(1)[clear])


@pytest.mark.parametrize(
    ("head", "align_corners"),
    [*zip(CONFIGS, (False, True, True, False, True), strict=True), ("nl_fcn", False)],
)
def test_a_converted_network_gives_the_logits_of_mmsegmentation(head, align_corners):
    theirs = segmentor(head, align_corners=align_corners)
    ours = converted(theirs, f"{head}_r50", align_corners=align_corners)
    for size in ((65, 65), (129, 97)):
        assert_as_near_as_torch(ours, theirs, images(size))


@pytest.mark.parametrize("head", ["fcn", "nl_fcn"])
def test_networks_of_101_layers(head):
    theirs = segmentor(head, depth=101)
    assert_as_near_as_torch(converted(theirs, f"{head}_r101"), theirs, images((65, 65)))


@pytest.mark.slow
@pytest.mark.parametrize("head", CONFIGS)
def test_large_images_are_alike(head):
    theirs = segmentor(head)
    assert_as_near_as_torch(converted(theirs, f"{head}_r50"), theirs, images((512, 512)))


def test_other_corners_give_other_logits():
    theirs = segmentor("nl_fcn", align_corners=True)
    ours = converted(theirs, "nl_fcn_r50", align_corners=False)
    x = images((65, 65))
    exact = logits_of(theirs, channels_first(x), torch.float32)[0]
    assert np.abs(np.moveaxis(answer(ours, x)["logits"], -1, 1) - exact).max() > 0.1


def test_a_network_without_the_auxiliary_head_ignores_its_weights():
    theirs = segmentor("gc_fcn")
    ours = models.gc_fcn_r50()
    convert(checkpoint(theirs), ours, "mmsegmentation")
    x = images((65, 65))
    exact = logits_of(theirs, channels_first(x), torch.float32)[0]
    np.testing.assert_allclose(np.moveaxis(answer(ours, x), -1, 1), exact, atol=2e-3)


@pytest.mark.parametrize("builder", ["fcn_r50", "nl_fcn_r50"])
def test_imagenet_weights_reach_the_backbone_alone(builder):
    theirs = segmentor("fcn")
    state = {
        name.removeprefix("backbone."): value
        for name, value in checkpoint(theirs).items()
        if name.startswith("backbone.")
    }
    state |= {"fc.weight": np.zeros((1000, 2048)), "fc.bias": np.zeros(1000)}
    ours = getattr(models, builder)()
    before = ours.get_layer("head_0_conv").get_weights()[0]
    assert find_source(state) == "mmsegmentation_v1c"
    convert(state, ours, "mmsegmentation_v1c")
    np.testing.assert_array_equal(ours.get_layer("head_0_conv").get_weights()[0], before)
    stem = np.moveaxis(state["stem.3.weight"], (0, 1), (-1, -2))
    np.testing.assert_array_equal(ours.get_layer("conv1_1_conv").get_weights()[0], stem)
