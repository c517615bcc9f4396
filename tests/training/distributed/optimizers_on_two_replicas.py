"""Trains on one and on two replicas, in a separate process because devices cannot be changed.

Usage: python optimizers_on_two_replicas.py OUTPUT.npz
"""

import sys

import keras
import numpy as np
import tensorflow as tf

from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.norm_layers import precise_batch_norm
from keras_nonlocal.training.optimizers.factory import optimizer
from keras_nonlocal.training.optimizers.rescale_momentum import RescaleMomentum
from keras_nonlocal.training.optimizers.schedules import learning_rate

STEPS = 6
CASES = {
    "decay": {"weight_decay": 0.2},
    "clip": {"weight_decay": 0.2, "clip_norm": 0.3},
    "rescaled": {"schedule": "steps", "milestones": (3, 5), "rescale_momentum": True},
    "scaled loss": {"weight_decay": 0.2, "clip_norm": 0.3, "rescale_momentum": True},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.2},
}


def trained(case, fields):
    """The weights after training, and the precise statistics of the batch norm."""
    recipe = VideoRecipe(
        "nl_i3d_small", 8, 8, (56, 56), steps=STEPS, learning_rate=0.05, **CASES[case]
    )
    keras.utils.set_random_seed(0)
    norm = keras.layers.BatchNormalization(synchronized=True)
    model = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(4, use_bias=False), norm, keras.layers.Dense(2)]
    )
    sgd = optimizer(recipe, learning_rate(recipe, 1), model)
    if case == "scaled loss":
        sgd = keras.optimizers.LossScaleOptimizer(sgd, initial_scale=16.0)
    model.compile(sgd, "mse")
    x, y = fields
    callbacks = [RescaleMomentum(learning_rate(recipe, 1))] if recipe.rescale_momentum else []
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    model.fit(data, verbose=0, callbacks=callbacks)
    weights = [weight.numpy() for weight in model.weights]
    precise_batch_norm(model, data, STEPS)
    return [*weights, norm.moving_mean.numpy(), norm.moving_variance.numpy()]


def main(path):
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    rng = np.random.default_rng(1)
    fields = [rng.normal(size=(8 * STEPS, size)).astype("float32") for size in (5, 2)]
    results = {}
    for case in CASES:
        for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
            strategy = tf.distribute.MirroredStrategy(
                devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
            )
            with strategy.scope():
                values = trained(case, fields)
            for at, value in enumerate(values):
                results[f"{case}/{len(devices)}/{at}"] = value
    np.savez(path, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
