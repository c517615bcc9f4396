"""Runs synchronized batch norms on one and two replicas, in a process with two CPU devices.

Usage: python synchronized_batch_norm_program.py OUTPUT.npz
"""

import sys

import keras
import numpy as np
import tensorflow as tf

from keras_nonlocal.layers import BatchNorm

SHAPE = (3, 4, 4, 5)
SHARES = (5, 3)  # clips on each replica


def network():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Conv3D(6, 2), BatchNorm(momentum=0.9, name="norm")]
    )
    rng = np.random.default_rng(0)
    norm = model.get_layer("norm")
    for weight in norm.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    norm.synchronized = True
    return model


def step(model, x, dy):
    """Returns the outputs, and gradients of `sum(outputs * dy)` for input and weights."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=True)
        loss = tf.reduce_sum(y * dy)
    return y, tape.gradient(loss, [x, *(weight.value for weight in model.trainable_variables)])


def outcome(model, strategy, parts):
    def values(kind):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(parts[kind][context.replica_id_in_sync_group])
        )

    @tf.function(autograph=False)
    def run(x, dy):
        return strategy.run(step, (model, x, dy))

    y, (dx, *dw) = run(values("x"), values("dy"))
    local = strategy.experimental_local_results
    statistics = [model.get_layer("norm").moving_mean, model.get_layer("norm").moving_variance]
    return {
        "y": np.concatenate(local(y)),
        "dx": np.concatenate(local(dx)),
        **{f"dw{at}": np.sum(local(each), axis=0) for at, each in enumerate(dw)},
        **{each.name: each.numpy() for each in statistics},
    }


def main(path):
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    strategies = {
        "one": tf.distribute.OneDeviceStrategy("CPU:0"),
        "two": tf.distribute.MirroredStrategy(
            ["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice()
        ),
    }
    first, second = SHARES
    rng = np.random.default_rng(1)
    x = rng.normal(2, 3, size=(first + second, *SHAPE)).astype("float32")
    x[first:] += 5  # so that statistics of single replicas would differ
    dy = rng.normal(size=(first + second, 2, 3, 3, 6)).astype("float32")
    whole = {"one": {"x": [x], "dy": [dy]}}
    whole["two"] = {"x": np.split(x, [first]), "dy": np.split(dy, [first])}
    results = {}
    for name, strategy in strategies.items():
        with strategy.scope():
            model = network()
        for key, value in outcome(model, strategy, whole[name]).items():
            results[f"{name}/{key}"] = value
    np.savez(path, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
