"""Video networks train in half precision, even with logits outside of its range."""

from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import models
from keras_nonlocal.ops import AFFINITIES

SHAPE = (4, 32, 32, 3)
POLICIES = ["mixed_bfloat16", "mixed_float16"]


@pytest.fixture
def policy(request):
    """The global policy while a test runs."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


each_policy = pytest.mark.parametrize("policy", POLICIES, indirect=True)


def network(builder, instantiation):
    keras.utils.set_random_seed(0)
    return getattr(models, builder)(
        classes=3,
        input_shape=SHAPE,
        variant="slowfast",
        blocks={"res4": (0,)},
        instantiation=instantiation,
        dropout=0.0,
    )


def scaled_up(model):
    """Scales up the input of the non-local block: its logits exceed the largest float16, 65504."""
    block = model.get_layer("res4_0_nonlocal")
    for name in ("res4_0_2_norm", "res4_0_shortcut_norm"):
        norm = model.get_layer(name)
        norm.gamma.assign(60.0 * np.ones(norm.gamma.shape))
    block.norm.gamma.assign(np.ones(block.norm.gamma.shape))
    if block.instantiation != "gaussian":
        kernel = block.theta.kernel
        large = np.random.default_rng(0).normal(size=kernel.shape) / np.sqrt(kernel.shape[0])
        block.theta.kernel.assign(large)
        block.phi.kernel.assign(large)
    if block.instantiation == "concatenation":
        block.w_f.assign(300 * np.ones(block.w_f.shape))
    if block.instantiation in ("dot_product", "concatenation"):
        block.g.kernel.assign(block.g.kernel / 1e4)  # y, a mean of logits times g, is in range
    return model, block


def largest_logit(model, block, x):
    """In float64, from the block's own input and weights."""
    features = keras.Model(model.input, block.input)(x, training=True)
    x = np.float64(keras.ops.cast(features, "float32"))
    x = x.reshape(len(x), -1, x.shape[-1])
    if block.instantiation == "gaussian":
        return np.abs(x @ x.transpose(0, 2, 1)).max()
    theta, phi = (x @ np.float64(each.kernel) for each in (block.theta, block.phi))
    if block.instantiation == "concatenation":
        return np.abs(theta @ np.float64(block.w_f)[: theta.shape[-1]]).max()
    return np.abs(theta @ phi.transpose(0, 2, 1)).max()


def finite(tensors):
    return all(np.isfinite(np.float32(keras.ops.cast(each, "float32"))).all() for each in tensors)


@pytest.mark.parametrize(
    ("builder", "policy", "instantiation"),
    [
        *(("nl_c2d_small", *pair) for pair in product(POLICIES, AFFINITIES)),
        # Their blocks are the same; convolutions over time in float16 take long on a CPU.
        *(("nl_i3d_small", policy, "embedded_gaussian") for policy in POLICIES),
    ],
    indirect=["policy"],
)
def test_gradients_are_finite_with_logits_beyond_float16(builder, instantiation, policy):
    model, block = scaled_up(network(builder, instantiation))
    x = np.random.default_rng(1).normal(size=(2, *SHAPE)).astype("float32")
    assert largest_logit(model, block, x) > 65504

    with tf.GradientTape() as tape:
        probabilities = model(x, training=True)
        loss = keras.losses.sparse_categorical_crossentropy(tf.constant([0, 1]), probabilities)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert probabilities.dtype == "float32"
    np.testing.assert_allclose(np.sum(probabilities, axis=-1), 1, rtol=1e-5)
    assert finite([loss])
    assert finite(gradients)


@each_policy
def test_weights_stay_in_float32(policy):
    model = network("nl_c2d_small", "embedded_gaussian")
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}
    before = model.get_layer("logits").kernel.numpy()
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    x = np.random.default_rng(1).normal(size=(2, *SHAPE))
    loss = model.train_on_batch(x, np.array([0, 1]))
    assert np.isfinite(loss)
    assert finite(model.variables)
    assert np.abs(model.get_layer("logits").kernel.numpy() - before).max() > 0


@pytest.mark.parametrize("policy", ["float32", *POLICIES], indirect=True)
def test_pooling_uses_the_policy_but_never_float16(policy):
    model = network("nl_c2d_small", "embedded_gaussian")
    expected = "bfloat16" if policy == "mixed_bfloat16" else "float32"
    assert {model.get_layer(name).compute_dtype for name in ("pool1", "pool2")} == {expected}
