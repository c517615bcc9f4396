"""Video ResNets: sizes of features, and where non-local blocks and their groups are."""

import pytest

from keras_nonlocal import models
from keras_nonlocal.layers import NonLocal3D

pytestmark = pytest.mark.usefixtures("undrawn_weights")


def test_feature_sizes_match_the_caffe2_code():
    features = models.nl_c2d_r50(include_top=False, input_shape=(32, 224, 224, 3))
    shapes = {level: tuple(out.shape[1:]) for level, out in features.pyramid_outputs.items()}
    assert shapes == {
        "P2": (8, 55, 55, 256),
        "P3": (4, 28, 28, 512),
        "P4": (4, 14, 14, 1024),
        "P5": (4, 7, 7, 2048),
    }


@pytest.mark.parametrize(
    ("blocks", "after"),
    [
        (1, ["res4_4"]),
        (5, ["res3_1", "res3_3", "res4_1", "res4_3", "res4_5"]),
        (10, [f"res3_{i}" for i in range(4)] + [f"res4_{i}" for i in range(6)]),
        ({"res2": [1], "res5": (1,)}, ["res2_1", "res5_1"]),
    ],
)
def test_placement_of_blocks(blocks, after):
    model = models.nl_c2d_r50(blocks=blocks, include_top=False)
    found = [layer.name for layer in model.layers if isinstance(layer, NonLocal3D)]
    assert found == [f"{name}_nonlocal" for name in after]
    for name in found:
        source = model.get_layer(name).input._keras_history.operation
        assert source.name == name.replace("nonlocal", "out")


def test_long_networks_have_groups_in_res3_only():
    model = models.nl_i3d_small(variant="official_long", include_top=False)
    assert model.get_layer("res3_1_nonlocal").temporal_groups == 4
    assert model.get_layer("res4_0_nonlocal").temporal_groups == 1
    assert model.get_layer("res3_1_nonlocal").norm_type is None
    assert not any("gamma" in weight.path for weight in model.trainable_weights)


def test_space_only_blocks_have_no_temporal_groups():
    model = models.nl_i3d_small(variant="official_long", axes="space")
    assert {layer.temporal_groups for layer in model.layers if isinstance(layer, NonLocal3D)} == {1}
