"""Trains with each optimizer on two replicas; prints the largest difference to Keras's `fit`.

python fit_on_two_replicas.py
"""

import json
from tempfile import TemporaryDirectory

import keras
import numpy as np
import one_worker
import tensorflow as tf
from training.video_files import write_squares

from keras_nonlocal.training.distributed.fit import distributed_fit
from keras_nonlocal.training.distributed.strategies import strategy_for

OPTIMIZERS = {
    "momentum": one_worker.momentum,
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=0.3),
    "global norm": lambda: keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.02),
    "norm": lambda: keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=0.01),
    "value": lambda: keras.optimizers.SGD(0.1, momentum=0.9, clipvalue=0.002),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1, global_clipnorm=0.02), initial_scale=2.0**100
    ),
}
TIMES = {"epochs": 2, "steps_per_epoch": one_worker.STEPS, "verbose": 0}


def clips(heavy):
    """Batches with weights: a clip of the second replica has a high weight, or overflows."""

    def weighted(number, batch):
        weights = tf.where(tf.range(one_worker.BATCH) == 6, heavy if number == 2 else 2.0, 1.0)
        return *batch, weights

    return one_worker.batches_from(0, (0, 1)).enumerate().map(weighted)


def difference(optimizer, heavy):
    """The largest difference of weights, statistics, optimizer state and logs."""
    plain = one_worker.compiled(optimizer())
    expected = plain.fit(clips(heavy), shuffle=False, **TIMES).history
    strategy = strategy_for("mirrored")
    with strategy.scope():
        model = one_worker.compiled(optimizer())
    logs = distributed_fit(model, lambda shard: clips(heavy), strategy=strategy, **TIMES).history
    pairs = [
        *zip(one_worker.state(plain), one_worker.state(model), strict=True),
        *((np.array(expected[name]), np.array(logs[name])) for name in expected),
    ]
    return max(float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1))) for a, b in pairs)


def recipe_difference():
    """The largest difference of a weight after a short run by a recipe.

    The learning rate is low, because batch norms of so few clips amplify small differences.
    """
    from training import helpers  # its recipe creates layers, which initializes the devices

    recipe = helpers.RECIPE.changed(
        epochs=2,
        learning_rate=1e-5,
        synchronized_norms=True,
        arguments={**helpers.RECIPE.arguments, "dropout": 0.0},
    )
    with TemporaryDirectory() as folder:
        videos = write_squares(folder, 8)
        one, two = (
            helpers.fit(recipe, videos, strategy=name).model.get_weights()
            for name in ("one", "mirrored")
        )
    return max(float(np.max(np.abs(a - b))) for a, b in zip(one, two, strict=True))


def main():
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)
    assert strategy_for("mirrored").num_replicas_in_sync == 2
    found = {
        name: difference(make, 1e10 if name == "scaled" else 3.0)
        for name, make in OPTIMIZERS.items()
    }
    print(json.dumps({**found, "recipe": recipe_difference()}))


if __name__ == "__main__":
    main()
