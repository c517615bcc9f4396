"""The name tables know every name of every source, and nothing else."""

import pytest
from weights.name_maps import synthetic

from keras_nonlocal import models
from keras_nonlocal.weights import find_source
from keras_nonlocal.weights.assign import named_weights
from keras_nonlocal.weights.name_maps import SOURCES

pytestmark = pytest.mark.usefixtures("undrawn_weights")

NETWORKS = [
    *(
        (source, depth, blocks)
        for source in ("caffe2", "slowfast", "gluoncv", "mmaction2")
        for depth in (50, 101)
        for blocks in (0, 5, 10)
    ),
    *((source, depth, 0) for source in ("pytorchvideo", "torchvision") for depth in (50, 101)),
]
# Tensors of a network without its classifier; a non-local block has twelve.
COUNTS = {50: 265, 101: 520}


@pytest.mark.parametrize(("source", "depth", "blocks"), NETWORKS)
def test_every_name_maps_to_its_tensor(source, depth, blocks):
    pairs = synthetic.entries(source, depth, blocks)
    assert {there: SOURCES[source].target_name(there) for there, _ in pairs} == dict(pairs)
    assert len(dict(pairs)) == len({here for _, here in pairs})  # one to one
    each = 11 if source == "mmaction2" else 12
    top = 0 if source == "torchvision" else 2
    assert len(pairs) == COUNTS[depth] + blocks * each + top


def test_the_official_non_local_network_has_327_blobs():
    assert len(synthetic.entries("caffe2", 50, 5)) == 327


@pytest.mark.parametrize(("depth", "blocks"), [(50, 5), (50, 10), (101, 5)])
def test_the_target_names_are_those_of_the_builder(depth, blocks):
    model = getattr(models, f"nl_i3d_r{depth}")(blocks=blocks)
    assert {here for _, here in synthetic.entries("caffe2", depth, blocks)} == set(
        named_weights(model)
    )


@pytest.mark.parametrize("source", synthetic.VIDEO_SOURCES)
def test_no_source_knows_the_names_of_another(source):
    names = [there for there, _ in synthetic.entries(source)]
    assert find_source(names) == source
    for other in set(SOURCES) - {source, "mmsegmentation_v1c"}:  # which has torchvision's blocks
        unknown = [name for name in names if not SOURCES[other].knows(name)]
        assert len(unknown) > 200, other


IGNORED = {
    "caffe2": ["model_iter", "lr", "conv1_w_momentum", "pred_b_momentum"],
    "slowfast": ["s1.pathway0_stem.bn.num_batches_tracked"],
    "mmaction2": ["backbone.layer1.0.conv1.bn.num_batches_tracked"],
    "pytorchvideo": ["blocks.0.norm.num_batches_tracked"],
    "gluoncv": ["first_stage.1.num_batches_tracked"],
    "torchvision": ["fc.weight", "fc.bias", "bn1.num_batches_tracked"],
}


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source, names in IGNORED.items() for name in names]
)
def test_entries_without_weights_are_ignored(source, name):
    assert SOURCES[source].ignores(name)
    assert SOURCES[source].target_name(name) is None


SIMILAR = {
    "caffe2": [
        "conv1_b_",
        "gpu_0/conv1_w",
        "res6_0_branch2a_w",
        "res2_0_branch2d_w",
        "res2_0_branch2a_bn_var",
        "res2__branch2a_w",
        "nonlocal_conv3_1_psi_w",
        "learning_rate",
        "xlr",
    ],
    "slowfast": [
        "s1.pathway1_stem.conv.weight",
        "s2.pathway0_res0.branch2.axbn.weight",
        "s2.pathway0_res0.branch2.a.weight.more",
        "s1xpathway0_stem.conv.weight",
    ],
    "mmaction2": [
        "backbone.layer0.0.conv1.conv.weight",
        "backbone.layer5.0.conv1.conv.weight",
        "backbone.layer2.1.non_local_block.phi.1.conv.weight",
        "module.backbone.conv1.conv.weight",
        "backbone.conv1.conv.running_mean",
    ],
    "pytorchvideo": [
        "blocks.2.res_blocks.0.branch1_conv.weight",
        "model.model.blocks.0.conv.weight",
        "blocks.6.proj.running_mean",
    ],
    "gluoncv": [
        "res_layers.4.0.conv1.weight",
        "res_layers.1.1.nonlocal_block.out.weight",
        "res_layers.1.1.nonlocal_block.W_bn.2.weight",
        "head.0.weight",
    ],
    "torchvision": ["layer1.0.conv4.weight", "layer1.0.downsample.2.weight", "fc.scale"],
}


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source, names in SIMILAR.items() for name in names]
)
def test_similar_names_are_unknown(source, name):
    assert not SOURCES[source].knows(name)


def test_unknown_names_are_an_error_that_names_the_nearest_source():
    names = [there for there, _ in synthetic.entries("slowfast")] + ["s9.odd"]
    with pytest.raises(ValueError, match=r"slowfast does not know 1: \['s9.odd'\]"):
        find_source(names)
