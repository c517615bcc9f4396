"""Blocks come into models of many kinds, learn there, are saved, and go without a trace."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from new_process import assert_same_in_a_new_process
from surgery.surgery_models import APPLICATIONS, SMALL, conv, image, inner_model

import keras_nonlocal
from keras_nonlocal import models
from keras_nonlocal.backbones import Backbone
from keras_nonlocal.images import ImageSpec
from keras_nonlocal.layers.base_block import BaseBlock
from keras_nonlocal.surgery import insert_nonlocal, remove_nonlocal
from keras_nonlocal.tasks.segmentation.inference import ImageLabeler


def inputs_of(model, seed=0):
    """A batch of two for any model."""
    rng = np.random.default_rng(seed)

    def batch(tensor):
        shape = (2, *(size or 5 for size in tensor.shape[1:]))
        if tensor.dtype == "string":
            return tf.constant(rng.choice(["a", "b", "z"], shape).tolist())
        if "int" in tensor.dtype:
            return rng.integers(0, 7, shape).astype(tensor.dtype)
        return rng.normal(5.0, 3.0, shape).astype(tensor.dtype)

    structure = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    return keras.tree.map_structure(batch, structure)


def flat(outputs):
    return [np.asarray(keras.ops.convert_to_numpy(each)) for each in keras.tree.flatten(outputs)]


def assert_equal(found, expected):
    for one, other in zip(flat(found), flat(expected), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def blocks_of(model):
    found = [each for each in model._flatten_layers() if isinstance(each, BaseBlock)]
    return sorted(found, key=lambda block: block.name)


def identities(weights):
    return {id(weight) for weight in weights}


def awake(model):
    """Gives the blocks of a model an effect, as training does, and returns the model."""
    for block in blocks_of(model):
        gammas = [weight for weight in block.weights if weight.path.endswith("norm/gamma")]
        (gammas or [block.out.kernel])[0].assign_add(0.3 * np.ones(gammas[0].shape))
    return model


def gradients(model, x):
    """The gradient of each weight of each block, by its path."""
    weights = [weight for block in blocks_of(model) for weight in block.trainable_weights]
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(model(x, training=False))
        loss = sum(tf.reduce_sum(tf.cast(each, "float32") ** 2) for each in outputs)
    found = tape.gradient(loss, [weight.value for weight in weights])
    return {weight.path: gradient for weight, gradient in zip(weights, found, strict=True)}


def check_life_of_blocks(case):
    model = case.make()
    x = inputs_of(model)
    before, trainable = model(x, training=False), identities(model.trainable_weights)
    edited = insert_nonlocal(model, case.after)

    # They come, as the identity, in the precision of the map, and everything else is shared.
    assert_equal(edited(x, training=False), before)
    blocks = blocks_of(edited)
    assert {block.name: type(block).__name__ for block in blocks} == {
        name.rsplit("/", 1)[-1]: layer for name, layer in case.blocks.items()
    }
    for layer in model.layers:
        if not isinstance(layer, (layers.InputLayer, keras.Model)):
            assert edited.get_layer(layer.name) is layer
    own = [weight for block in blocks for weight in block.weights]
    assert identities(edited.weights) - identities(own) == identities(model.weights)
    assert identities(edited.trainable_weights) - identities(own) == trainable
    assert [each.name for each in edited.inputs] == [layer.name for layer in input_layers(model)]

    # They learn.
    found = gradients(awake(edited), x)
    assert len(found) == 10 * len(blocks)
    assert not [path for path, gradient in found.items() if gradient is None]
    idle = [path for path, gradient in found.items() if not np.any(gradient)]
    assert {path.rsplit("/", 2)[-2] for path in idle} <= {"phi"}, idle  # see its bias in softmax

    # They go.
    without = remove_nonlocal(edited)
    assert_equal(without(x, training=False), before)
    assert list(map(id, without.weights)) == list(map(id, model.weights))
    assert type(without) is type(edited)
    assert not blocks_of(without)


def input_layers(model):
    return [tensor._keras_history.operation for tensor in model.inputs]


@pytest.mark.parametrize("case", SMALL.values(), ids=SMALL)
def test_blocks_come_learn_and_go(case):
    check_life_of_blocks(case)


@pytest.mark.parametrize("case", APPLICATIONS.values(), ids=APPLICATIONS)
def test_blocks_come_learn_and_go_in_keras_applications(case):
    check_life_of_blocks(case)


def check_predictions(case):
    model = case.make()
    x = inputs_of(model)
    expected = model.predict(x, verbose=0)
    assert_equal(insert_nonlocal(model, case.after).predict(x, verbose=0), expected)


@pytest.mark.parametrize("case", SMALL.values(), ids=SMALL)
def test_new_blocks_do_not_change_predictions(case):
    check_predictions(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", APPLICATIONS.values(), ids=APPLICATIONS)
def test_new_blocks_do_not_change_predictions_of_keras_applications(case):
    check_predictions(case)


def saved(cases):
    """Models with blocks that have an effect, and inputs, of the cases whose packages are here."""
    for case in cases:
        with contextlib.suppress(pytest.skip.Exception):
            edited = awake(insert_nonlocal(case.make(), case.after))
            yield edited, inputs_of(edited)


def test_saved_models_say_the_same_in_a_new_process(tmp_path):
    models = saved(case for case in SMALL.values() if case.loads)
    assert_same_in_a_new_process(list(models), tmp_path, "surgery.surgery_models")


@pytest.mark.slow
def test_saved_keras_applications_say_the_same_in_a_new_process(tmp_path):
    assert_same_in_a_new_process(list(saved(APPLICATIONS.values())), tmp_path)


RELATIVES = [
    ("Conv1D", "global_context", "GlobalContext1D"),
    ("Conv1D", "disentangled", "DisentangledNonLocal1D"),
    ("mixed_bfloat16", "global_context", "GlobalContext2D"),
    ("mixed_bfloat16", "disentangled", "DisentangledNonLocal2D"),
    ("mixed_bfloat16", "criss_cross", "CrissCross2D"),
    ("TimeDistributed", "global_context", "GlobalContext3D"),
    ("TimeDistributed", "disentangled", "DisentangledNonLocal3D"),
    ("TimeDistributed", "criss_cross", "CrissCross3D"),
]


@pytest.mark.parametrize(("case", "kind", "name"), RELATIVES)
def test_relatives_come_as_the_identity_and_go(case, kind, name):
    model = SMALL[case].make()
    x = inputs_of(model)
    edited = insert_nonlocal(model, SMALL[case].after, kind=kind)
    (block,) = blocks_of(edited)
    assert type(block).__name__ == name
    before = model(x, training=False)
    assert_equal(edited(x, training=False), before)
    for weight in block.trainable_weights:
        weight.assign(weight + 0.3)
    assert not np.array_equal(flat(edited(x, training=False))[0], flat(before)[0])
    assert not [path for path, each in gradients(edited, x).items() if each is None]
    assert_equal(remove_nonlocal(edited)(x, training=False), before)


def test_options_reach_the_block():
    options = {"inner_channels": 3, "pool_size": 2, "instantiation": "dot_product"}
    (block,) = blocks_of(insert_nonlocal(image(lambda x: x), "stem", **options))
    found = (block.inner_channels, block.pool_sizes, block.instantiation)
    assert found == (3, (2, 2), "dot_product")


def test_a_mask_reaches_the_block():
    case = SMALL["a mask"]
    edited = awake(insert_nonlocal(case.make(), case.after))
    inner = keras.Model(edited.input, blocks_of(edited)[0].output)
    short, padded = np.array([[3, 1, 5, 2]]), np.array([[3, 1, 5, 2, 0, 0, 0, 0, 0, 0]])
    one, other = (keras.ops.convert_to_numpy(inner(each)) for each in (short, padded))
    np.testing.assert_allclose(one, other[:, :4], rtol=1e-5)


def test_an_optional_input_may_still_be_absent():
    case = SMALL["an optional input"]
    model = case.make()
    left, _ = inputs_of(model)
    edited = insert_nonlocal(model, case.after)
    assert_equal(edited([left, None]), model([left, None]))


def test_in_a_frozen_model_only_the_block_learns():
    edited = insert_nonlocal(SMALL["a frozen model"].make(), "relu")
    before = {weight.path: weight.numpy() for weight in edited.weights}
    x = inputs_of(edited)
    awake(edited).compile(keras.optimizers.SGD(0.1), "mse")
    edited.fit(x, np.ones((2, 3)), epochs=2, verbose=0)
    changed = {each.path for each in edited.weights if np.any(each.numpy() != before[each.path])}
    assert changed
    assert {path.split("/")[0] for path in changed} == {"relu_nonlocal"}


def test_a_block_that_follows_a_block_can_be_taken_out_alone():
    model = SMALL["fcn_small"].make()
    first = insert_nonlocal(model, "res3_1_out")
    both = insert_nonlocal(first, "res4_*_out", kind="global_context")
    assert [block.name for block in blocks_of(remove_nonlocal(both, "res4_*"))] == [
        "res3_1_out_nonlocal"
    ]
    x = inputs_of(model)
    assert_equal(remove_nonlocal(both)(x, training=False), model(x, training=False))


def test_a_backbone_stays_a_backbone_with_its_pyramid():
    backbone = SMALL["Backbone"].make()
    edited = awake(insert_nonlocal(backbone, ["res3_1_out", "res4_1_out"]))
    assert isinstance(edited, Backbone)
    assert edited.pyramid_level_inputs == {
        "P2": "res2_1_out",
        "P3": "res3_1_out_nonlocal",
        "P4": "res4_1_out_nonlocal",
        "P5": "res5_1_out",
    }
    x = inputs_of(edited)
    pyramid = keras.Model(edited.input, edited.pyramid_outputs)(x, training=False)
    assert_equal(pyramid["P5"], edited(x, training=False))
    assert flat(pyramid["P5"])[0].shape == flat(backbone(x, training=False))[0].shape


class OwnTraining(keras.Model):
    def train_step(self, data):
        return {}


class OwnConstructor(keras.Model):
    def __init__(self, *, channels):
        inputs = keras.Input((8, 8, 3))
        super().__init__(inputs, conv(channels, name="conv")(inputs))


def test_a_class_is_kept_unless_it_has_a_constructor_of_its_own():
    inputs = keras.Input((8, 8, 3))
    kept = OwnTraining(inputs, conv(name="conv")(inputs))
    assert type(insert_nonlocal(kept, "conv")) is OwnTraining
    assert type(insert_nonlocal(OwnConstructor(channels=4), "conv")) is type(image(lambda x: x))


def test_attention_of_a_block_in_a_model_that_was_changed_twice():
    model = insert_nonlocal(models.i3d_small(input_shape=(16, 32, 32, 3)), "res3_1_out")
    again = insert_nonlocal(model, "res2_1_out")
    clips = np.random.default_rng(0).normal(size=(1, 16, 32, 32, 3)).astype("float32")
    found = keras_nonlocal.explain.top_positions(again, clips, "res3_1_out_nonlocal")
    assert found.block == "res3_1_out_nonlocal"


def test_a_changed_network_labels_images():
    options = {"classes": 3, "input_shape": (None, None, 3), "auxiliary_head": True}
    model = models.fcn_small(**options)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), "uint8")
    labels = ImageLabeler(model, ImageSpec())(pixels)
    edited = insert_nonlocal(model, "res4_1_out")
    np.testing.assert_array_equal(ImageLabeler(edited, ImageSpec())(pixels), labels)


class Subclassed(keras.Model):
    def call(self, x):
        return x


def lstm_with_states():
    inputs = keras.Input((4, 3))
    sequence, *_ = layers.LSTM(2, return_sequences=True, return_state=True, name="lstm")(inputs)
    return keras.Model(inputs, sequence)


def integers():
    inputs = keras.Input((4, 3))
    return keras.Model(inputs, layers.Discretization([0.0], name="bins")(inputs))


def channels_first():
    inputs = keras.Input((3, 8, 8))
    return keras.Model(inputs, conv(data_format="channels_first", name="conv")(inputs))


def channels_first_in_a_wrapper():
    inputs = keras.Input((2, 3, 8, 8))
    inner = conv(data_format="channels_first", name="conv")
    return keras.Model(inputs, layers.TimeDistributed(inner, name="frames")(inputs))


REFUSALS = {
    "a subclassed model": (Subclassed, "x", {}, "built functional or sequential .*Subclassed"),
    "a model that is not built": (
        lambda: keras.Sequential([conv()], name="not_built"),
        "*",
        {},
        "built functional or sequential .*not_built",
    ),
    "a name that is wrong": (
        lambda: image(inner_model()),
        "inner/relu",
        {},
        "has the name or pattern 'inner/relu'.* 7 layers; near are .*'inner/a_relu'.*outer/inner",
    ),
    "a layer without a map": (
        lambda: image(lambda x: x),
        "pooled",
        {},
        r"feature map of floats, .*'pooled' returns float32 of shape \(None, 4\)",
    ),
    "rows and columns in a sequence": (
        SMALL["Conv1D"].make,
        "features",
        {"kind": "criss_cross"},
        r"'criss_cross' can only .* floats, \(B, H, W, C\) or .*\(None, 10, 4\)",
    ),
    "several outputs": (lstm_with_states, "lstm", {}, "needs one feature map. 'lstm' returns .*, "),
    "integers": (integers, "bins", {}, "feature map of floats, .*'bins' returns int"),
    "a block that is there": (
        lambda: insert_nonlocal(image(inner_model()), "inner/a_relu"),
        "inner/a_relu",
        {},
        "already: inner/a_relu_nonlocal. Choose .*`remove_nonlocal`",
    ),
    "channels first": (channels_first, "conv", {}, "channels last. 'conv' has data_format="),
    "channels first in a wrapper": (channels_first_in_a_wrapper, "frames", {}, "channels last"),
    "no name": (lambda: image(lambda x: x), [], {}, r"pattern, or a list of them. Received: \[\]"),
    "a number": (lambda: image(lambda x: x), 3, {}, "such as `layer.name`.* Received: 3"),
    "a kind that is unknown": (
        lambda: image(lambda x: x),
        "stem",
        {"kind": "danet"},
        "'non_local', 'global_context', 'disentangled'.*'danet'",
    ),
}


@pytest.mark.parametrize(("make", "name", "options", "message"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_right_is_refused(make, name, options, message):
    with pytest.raises(ValueError, match=message):
        insert_nonlocal(make(), name, **options)


def test_a_model_without_blocks_has_none_to_take_out():
    with pytest.raises(ValueError, match="'outer' has no non-local block"):
        remove_nonlocal(image(lambda x: x))
    edited = insert_nonlocal(image(lambda x: x), "stem")
    with pytest.raises(ValueError, match=r"pattern 'stm'.* near are 'stem_nonlocal'"):
        remove_nonlocal(edited, "stm")
