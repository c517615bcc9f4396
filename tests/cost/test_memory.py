"""Estimates of memory against the measured peak of a process, and against manual counts."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from keras_nonlocal import layers, models
from keras_nonlocal.cost import inference_bytes, training_bytes

FACTOR = 2.7  # estimates may be wrong by this factor in both directions

PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
import tensorflow as tf
from keras_nonlocal import models

def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(field)).split()[1])

def peak(call, batch):
    call(batch[:1])  # allocates what is used for all samples, and the memory of one sample
    Path("/proc/self/clear_refs").write_text("5")  # resets the high-water mark
    before = status("VmRSS")
    call(batch)
    return (status("VmHWM") - before) / (len(batch) - 1)

builder, samples, *shape = json.loads(sys.argv[1])
model = getattr(models, builder)(classes=10)
batch = np.random.default_rng(0).normal(size=(samples, *shape)).astype("float32")
infer = tf.function(
    lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, *shape))]
)
inference = peak(infer, batch)
model.compile("sgd", "sparse_categorical_crossentropy")
train = peak(lambda x: model.train_on_batch(x, np.zeros(len(x))), batch)
print(json.dumps([inference, train]))
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="peaks are measured by Linux's /proc"
)
@pytest.mark.parametrize(
    ("builder", "samples", "shape"),
    [
        ("nl_i3d_small", 6, (16, 112, 112, 3)),
        pytest.param("nl_i3d_r50", 3, (8, 96, 96, 3), marks=pytest.mark.slow),
    ],
)
def test_estimates_are_close_to_the_measured_peak(builder, samples, shape):
    command = [sys.executable, "-c", PROGRAM, json.dumps([builder, samples, *shape])]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    measured = json.loads(result.stdout)
    model = getattr(models, builder)(classes=10)
    for estimate, actual in zip((inference_bytes, training_bytes), measured, strict=True):
        assert 1 / FACTOR < actual / estimate(model, shape) < FACTOR, estimate.__name__


def test_estimates_of_a_plain_network():
    clip = keras.Input((4, 8, 8, 3))
    x = keras.layers.Conv3D(16, 3, padding="same")(clip)
    x = keras.layers.Conv3D(8, 1, strides=2, name="half")(x)
    model = keras.Model(clip, x * 2.0)  # an operation that is no layer
    first, second = 4 * 8 * 8 * 16, 2 * 4 * 4 * 8
    assert inference_bytes(model, (4, 8, 8, 3)) == 4 * (4 * 8 * 8 * 3 + first)
    assert training_bytes(model, (4, 8, 8, 3)) == 2 * 4 * (first + second + second)


def test_half_precision_takes_half_of_the_memory():
    def of(dtype):
        clip = keras.Input((4, 8, 8, 3))
        return keras.Model(clip, keras.layers.Conv3D(16, 3, dtype=dtype)(clip))

    for estimate in (inference_bytes, training_bytes):
        half, full = (estimate(of(dtype), (4, 8, 8, 3)) for dtype in ("float16", "float32"))
        assert 2 * half == full


def test_arrays_of_non_local_blocks_are_counted():
    def of(method):
        clip = keras.Input((8, 16, 16, 4))
        return keras.Model(clip, layers.NonLocal3D(pool_size=1, method=method)(clip))

    positions = 8 * 16 * 16
    dense, blocked = (
        inference_bytes(of(method), (8, 16, 16, 4)) for method in ("dense", "blocked")
    )
    assert 4 * positions**2 < dense < 4.5 * positions**2
    assert blocked <= dense
    assert training_bytes(of("dense"), (8, 16, 16, 4)) > 2 * 4 * positions**2


@pytest.mark.parametrize("estimate", [inference_bytes, training_bytes])
def test_invalid_shapes_are_refused(estimate):
    with pytest.raises(ValueError, match="`input_shape` must fit the input"):
        estimate(models.nl_i3d_small(), (8, 32, 32))
