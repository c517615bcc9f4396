"""Conv3D equals the convolution of Keras: outputs and both gradients."""

import backend
import keras
import numpy as np
import pytest

from keras_nonlocal.layers import Conv3D
from keras_nonlocal.layers.conv import _through_time

SHAPE = (2, 5, 6, 7, 4)
FASTER = {
    "three taps": {"kernel_size": (3, 1, 1), "padding": "same"},
    "seven taps": {"kernel_size": (7, 1, 1), "padding": "same"},
    "1x1x1": {"kernel_size": 1, "padding": "same"},
    "over frames": {"kernel_size": (1, 3, 3), "padding": "same"},
    "spatial stride 2": {"kernel_size": (1, 3, 3), "strides": (1, 2, 2)},
    "spatial stride 3": {"kernel_size": 1, "strides": (1, 3, 3), "padding": "same"},
    "over rows": {"kernel_size": (1, 1, 5), "padding": "valid"},
}
BOTH = {"time and space": {"kernel_size": (3, 3, 3), "padding": "same"}}
OTHERS = {
    **BOTH,
    "temporal stride": {"kernel_size": (3, 1, 1), "padding": "same", "strides": (2, 1, 1)},
    "temporal stride without padding": {"kernel_size": 1, "strides": (2, 1, 1)},
    "two taps": {"kernel_size": (2, 1, 1), "padding": "same"},
    "without padding": {"kernel_size": (3, 1, 1)},
    "dilation": {"kernel_size": (1, 3, 3), "dilation_rate": (1, 2, 2), "padding": "same"},
    "bias": {"kernel_size": 1, "use_bias": True, "bias_initializer": "ones"},
}
each_kernel = pytest.mark.parametrize("name", [*FASTER, *OTHERS])


def reference(x, kernel, dy, strides, same):
    """Output and both gradients in float64, tap by tap."""
    sizes, grid = kernel.shape[:3], x.shape[1:4]
    totals = [
        max((-(-n // step) - 1) * step + size - n, 0) if same else 0
        for n, size, step in zip(grid, sizes, strides, strict=True)
    ]
    edges = [(0, 0), *((total // 2, total - total // 2) for total in totals), (0, 0)]
    padded = np.pad(np.float64(x), edges)
    outs = [
        (n - size) // step + 1
        for n, size, step in zip(padded.shape[1:4], sizes, strides, strict=True)
    ]
    y, dx, dkernel = 0, np.zeros_like(padded), np.zeros(kernel.shape)
    for tap in np.ndindex(*sizes):
        window = tuple(
            slice(first, first + (out - 1) * step + 1, step)
            for first, out, step in zip(tap, outs, strides, strict=True)
        )
        place = (slice(None), *window)
        y = y + padded[place] @ kernel[tap]
        dx[place] += dy @ kernel[tap].T
        dkernel[tap] = np.einsum("bthwc,bthwf->cf", padded[place], dy)
    inner = tuple(
        slice(before, before + n) for (before, _), n in zip(edges[1:4], grid, strict=True)
    )
    return y, dx[(slice(None), *inner)], dkernel


def outcome(layer, x, kernel, dy):
    """Output, input gradient and kernel gradient of a training call."""

    def call(x, kernel):
        with keras.StatelessScope(state_mapping=[(layer.kernel, kernel)]):
            return layer(x, training=True)

    y, gradients = backend.value_and_gradients(call, [x, kernel], dy)
    return [np.asarray(each, "float64") for each in (y, *gradients)]


@pytest.mark.parametrize("name", [*FASTER, *BOTH])
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_output_and_gradients_equal_a_float64_reference(name, dtype, frames):
    """For two frames, TensorFlow and PyTorch themselves return wrong bfloat16 gradients."""
    layer = Conv3D(16, use_bias=False, dtype=dtype, **{**FASTER, **BOTH}[name])
    rng = np.random.default_rng(0)
    x = rng.integers(-8, 8, size=(2, frames, 9, 9, 32)).astype("float32")  # exact in bfloat16
    layer.build(x.shape)
    kernel = rng.integers(-8, 8, size=layer.kernel.shape).astype("float32")
    dy = rng.integers(-8, 8, size=layer.compute_output_shape(x.shape)).astype("float32")
    expected = reference(x, kernel, dy, layer.strides, layer.padding == "same")
    for actual, exact in zip(outcome(layer, x, kernel, dy), expected, strict=True):
        rounding = 2**-8 if "16" in dtype else 1e-6
        np.testing.assert_allclose(actual, exact, rtol=rounding, atol=rounding)


@each_kernel
def test_training_output_equals_keras(name):
    options = {"use_bias": False, **{**FASTER, **OTHERS}[name]}
    x = np.random.default_rng(0).normal(size=SHAPE).astype("float32")
    layer, plain = Conv3D(8, **options), keras.layers.Conv3D(8, **options)
    plain.build(SHAPE)
    layer.build(SHAPE)
    layer.set_weights(plain.get_weights())
    actual, expected = (
        keras.ops.convert_to_numpy(each) for each in (layer(x, training=True), plain(x))
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(
    backend.NAME != "tensorflow", reason="other backends use the implementation of Keras"
)
@pytest.mark.parametrize("name", FASTER)
def test_i3d_kernels_use_the_fast_gradients(name):
    layer = Conv3D(8, use_bias=False, **FASTER[name])
    assert layer._training_convolution(5) is not None


@pytest.mark.parametrize("name", OTHERS)
def test_other_kernels_use_the_implementation_of_keras(name):
    layer = Conv3D(8, **{"use_bias": False, **OTHERS[name]})
    assert layer._training_convolution(5) is None


def test_float16_uses_the_implementation_of_keras():
    layer = Conv3D(8, 1, use_bias=False, dtype="mixed_float16", padding="same")
    assert layer._training_convolution(5) is None


@pytest.mark.skipif(
    backend.NAME != "tensorflow", reason="other backends use the implementation of Keras"
)
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", FASTER)
def test_dynamic_sizes_and_xla(name, compiled):
    import tensorflow as tf

    layer = Conv3D(8, use_bias=False, **FASTER[name])
    layer.build(SHAPE)

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(layer(x, training=True)))
        return tape.gradient(loss, [x, layer.kernel.value])

    x = tf.random.stateless_normal(SHAPE, (0, 1))
    unknown_sizes = tf.TensorSpec((None,) * 4 + (4,), tf.float32)
    specs = None if compiled else [unknown_sizes]  # XLA knows all sizes
    traced = tf.function(step, input_signature=specs, jit_compile=compiled, autograph=False)
    for actual, eager in zip(traced(x), step(x), strict=True):
        np.testing.assert_allclose(actual, eager, rtol=1e-4, atol=1e-3)


@pytest.mark.skipif(backend.NAME != "tensorflow", reason="TensorFlow's second gradients")
def test_second_gradients():
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x, kernel = (tf.constant(rng.normal(size=shape)) for shape in (SHAPE, (3, 1, 1, 4, 2)))

    def second(convolve):
        with tf.GradientTape() as outer:
            outer.watch([x, kernel])
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.sin(convolve(x, kernel)))
            penalty = tf.reduce_sum(tf.square(inner.gradient(loss, x)))
        return outer.gradient(penalty, [x, kernel])

    plain = second(lambda x, kernel: tf.nn.conv3d(x, kernel, [1] * 5, "SAME"))
    for actual, other in zip(second(_through_time), plain, strict=True):
        np.testing.assert_allclose(actual, other, rtol=1e-9, atol=1e-9)


def test_conv_can_be_saved_and_loaded(tmp_path):
    inputs = keras.Input((None, 6, 7, 4))
    model = keras.Model(inputs, Conv3D(8, (3, 1, 1), padding="same", use_bias=False)(inputs))
    model.save(tmp_path / "conv.keras")
    loaded = keras.models.load_model(tmp_path / "conv.keras")
    assert type(loaded.layers[-1]) is Conv3D
    x = np.random.default_rng(0).normal(size=SHAPE).astype("float32")
    np.testing.assert_array_equal(backend.answer(loaded, x), backend.answer(model, x))
