"""An inflated image network gives its features on a still clip."""

import numpy as np
import pytest
from backend import answer
from weights.name_maps import reference
from weights.name_maps.agreement import channels_first, clip

from keras_nonlocal import models
from keras_nonlocal.weights import convert

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("undrawn_weights")

FRAMES = 23  # kernels at the middle frame do not reach the ends
WITHOUT_TEMPORAL_STRIDES = "slowfast_nopool"


@pytest.mark.parametrize(
    ("builder", "frames"), [("c2d_r50", 1), ("i3d_r50", FRAMES), ("nl_i3d_r50", FRAMES)]
)
def test_a_still_clip_has_the_features_of_the_image_network(builder, frames):
    image = clip(1, (96, 128))
    network = reference.Network(reference.TORCHVISION)
    with torch.no_grad():
        network.logits(
            torch.zeros(1, 3, 1, 224, 224)
        )  # draws all weights, also those of the classifier
        there = network.features(torch.from_numpy(channels_first(image))).numpy()
    assert network.weights["conv1.weight"].shape == (64, 3, 7, 7)
    assert network.weights["fc.weight"].shape == (1000, 2048)
    model = getattr(models, builder)(include_top=False, variant=WITHOUT_TEMPORAL_STRIDES)
    convert(network.weights, model, "torchvision")
    here = answer(model, np.repeat(image, frames, axis=1))[0, frames // 2]
    expected = np.moveaxis(there[0, :, 0], 0, -1)
    np.testing.assert_allclose(here, expected, rtol=0, atol=1e-4 * abs(expected).max())
