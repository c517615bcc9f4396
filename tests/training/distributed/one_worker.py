"""One worker of a training run: it saves its weights and prints its logs.

python one_worker.py STRATEGY RUN OUT.npz [--die-at STEP] [--fail-at STEP] [--stop-at STEP]
"""

import argparse
import json
import os
import signal
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_nonlocal.layers import BatchNorm, NonLocal3D
from keras_nonlocal.training.checkpoint import restore_checkpoint, save_checkpoint
from keras_nonlocal.training.distributed.fit import distributed_fit
from keras_nonlocal.training.distributed.strategies import check_batch, is_chief, strategy_for

EPOCHS, STEPS, BATCH, CLASSES = 3, 4, 8, 3
CLIP = (4, 8, 8, 3)


def batches_from(first, shard):
    """The shard of each batch, starting with batch number `first`."""
    rng = np.random.default_rng(0)
    clips = rng.normal(size=(EPOCHS * STEPS, BATCH, *CLIP)).astype("float32")
    labels = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, clips.shape[:2])]
    index, count = shard
    own = slice(index * BATCH // count, (index + 1) * BATCH // count)
    dataset = tf.data.Dataset.from_tensor_slices((clips[:, own], labels[:, own]))
    return dataset.repeat().skip(first)


def momentum():
    rate = keras.optimizers.schedules.CosineDecay(0.1, EPOCHS * STEPS)
    return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)


def compiled(optimizer, seed=0):
    """A small network with synchronized batch norms, and a loss that includes the weights."""
    keras.utils.set_random_seed(seed)
    decay = keras.regularizers.L2(1e-2)
    model = keras.Sequential(
        [
            keras.layers.Input(CLIP),
            keras.layers.Conv3D(8, 3, use_bias=False, kernel_regularizer=decay),
            BatchNorm(momentum=0.9, synchronized=True),
            keras.layers.ReLU(),
            NonLocal3D(norm=None),
            keras.layers.GlobalAveragePooling3D(),
            keras.layers.Dense(CLASSES, activation="softmax", kernel_regularizer=decay),
        ]
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)  # by all workers, with or without a checkpoint
    return model


def state(model):
    """Weights, statistics, and the state of the optimizer."""
    return [np.asarray(variable) for variable in [*model.variables, *model.optimizer.variables]]


class After(keras.callbacks.Callback):
    """Calls a function after some steps of this process; never if `steps` is `None`."""

    def __init__(self, steps, action):
        super().__init__()
        self._steps, self._action, self._done = steps, action, 0

    def on_train_batch_end(self, batch, logs=None):
        self._done += 1
        if self._done == self._steps:
            self._action(self.model)


def die(model):
    os.kill(os.getpid(), signal.SIGKILL)


def fail(model):
    raise OSError("No space left on device")


def stop(model):
    model.stop_training = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("strategy")
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    for action in (die, fail, stop):
        parser.add_argument(f"--{action.__name__}-at", type=int)
    arguments = parser.parse_args()
    strategy = strategy_for(arguments.strategy)
    check_batch(strategy, BATCH)
    checkpoint, begin = arguments.run / "last.npz", 0
    with strategy.scope():
        model = compiled(
            momentum(), seed=0 if is_chief(strategy) else 1
        )  # all workers get the chief's weights
        if checkpoint.exists():
            begin = restore_checkpoint(checkpoint, model)["epochs"]
    save = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: save_checkpoint(checkpoint, model, {"epochs": epoch + 1})
    )
    history = distributed_fit(
        model,
        lambda shard: batches_from(begin * STEPS, shard),
        strategy=strategy,
        epochs=EPOCHS,
        initial_epoch=begin,
        steps_per_epoch=STEPS,
        callbacks=[After(getattr(arguments, f"{do.__name__}_at"), do) for do in (die, fail, stop)],
        chief_callbacks=[save],
        verbose=0,
    )
    np.savez(arguments.out, *state(model))
    result = {"begin": begin, "epochs": history.epoch, "logs": history.history}
    updates = int(np.asarray(model.optimizer.iterations))
    print(json.dumps({**result, "updates": updates, "stopped": model.stop_training}))


if __name__ == "__main__":
    main()
