"""Converted checkpoints compute what PyTorchVideo's own code computes."""

import pytest
from weights.name_maps.agreement import ODD_SIZE, SIZES, answers, assert_alike, channels_first, clip
from weights.name_maps.random_weights import checkpoint, draw_weights

from keras_nonlocal import models
from keras_nonlocal.weights import convert

torch = pytest.importorskip("torch")
resnet = pytest.importorskip("pytorchvideo.models.hub.resnet")
pytestmark = pytest.mark.usefixtures("undrawn_weights")


@pytest.fixture(scope="module", params=["c2d_r50", "i3d_r50"])
def pair(request):
    """A network of PyTorchVideo, and our network with the same weights."""
    theirs = getattr(resnet, request.param)(pretrained=False)
    draw_weights(theirs, "norm_c", theirs.blocks[6].proj)
    ours = getattr(models, request.param)(variant="pytorchvideo")
    convert(checkpoint(theirs), ours, "pytorchvideo")
    return theirs, ours


@pytest.mark.parametrize("size", [*SIZES, ODD_SIZE], ids=str)
def test_a_converted_network_gives_the_output_of_pytorchvideo(pair, size):
    theirs, ours = pair
    clips = clip(8, size)
    with torch.no_grad():
        logits = theirs(torch.from_numpy(channels_first(clips)))
    probabilities, windows = answers(ours, clips)
    assert_alike(
        (probabilities, windows.mean(axis=1, keepdims=True)),
        (logits.softmax(dim=-1).numpy(), logits[:, None].numpy()),
    )
