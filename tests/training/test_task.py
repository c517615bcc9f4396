"""`fit` trains a task that is defined outside the package: small images of stripes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.layers import NonLocal2D
from keras_nonlocal.metrics import Scores, top_k
from keras_nonlocal.report import classification_sections
from keras_nonlocal.training import BaseRecipe, Models, TrainingData, fit

NAMES = ("left to right", "top to bottom")


@dataclass(frozen=True)
class StripesRecipe(BaseRecipe):
    task: Literal["stripes"] = "stripes"
    side: int = 12


class Accuracy(keras.callbacks.Callback):
    monitor, scores = "val_top1", None

    def __init__(self, task, network):
        super().__init__()
        self.task, self.network = task, network

    def on_epoch_end(self, epoch, logs=None):
        self.scores = self.task.score(self.network)
        logs["val_top1"] = top_k(self.scores, 1)


class Stripes:
    """The direction of stripes, in images that are generated from their index."""

    def __init__(self, recipe, examples):
        self.recipe = recipe
        self.data = TrainingData("drawn", examples, NAMES, False, f"drawn {examples}", "drawn")

    def image(self, number):
        rng, side = np.random.default_rng([self.recipe.seed, number]), self.recipe.side
        image = np.sin(np.arange(side) * rng.uniform(0.7, 1.5) + rng.uniform(0, 6))
        image = np.tile(image[:, None], (1, side)) + rng.normal(0, 0.3, (side, side))
        return (image.T if number % 2 == 0 else image)[..., None].astype("float32"), number % 2

    def batches(self, *, first=0, shard=(0, 1)):
        size = self.recipe.batch_size

        def drawn():
            for batch in range(first, 10**6):
                numbers = [n for n in range(size) if n * shard[1] // size == shard[0]]
                pairs = [self.image((batch * size + n) % self.data.examples) for n in numbers]
                yield (
                    np.stack([x for x, _ in pairs]),
                    np.eye(2, dtype="float32")[[y for _, y in pairs]],
                )

        shape = (size // shard[1], self.recipe.side, self.recipe.side, 1)
        specs = (tf.TensorSpec(shape), tf.TensorSpec((shape[0], 2)))
        return tf.data.Dataset.from_generator(drawn, output_signature=specs)

    def build(self, *, read_weights=True):
        inputs = keras.Input((None, None, 1))
        x = keras.layers.Conv2D(8, 5, activation="relu", name="conv")(inputs)
        x = NonLocal2D(4, name="block")(x)  # with a name, as others are numbered in a process
        x = keras.layers.GlobalMaxPooling2D()(x)
        logits = keras.layers.Dense(2, name="logits")(x)
        return Models(keras.Model(inputs, keras.ops.softmax(logits)), keras.Model(inputs, logits))

    def loss(self):
        return keras.losses.CategoricalCrossentropy(from_logits=True)

    def metrics(self):
        return []

    def validation(self, model):
        return Accuracy(self, model)

    def score(self, model):
        images, labels = zip(*map(self.image, range(1000, 1040)), strict=True)
        found = np.asarray(model.predict(np.stack(images), verbose=0), "float32")
        ranks = (found.argmax(1) != labels).astype("int32")[:, None]
        paths = tuple(str(number) for number in range(1000, 1040))
        return Scores(paths, NAMES, np.array(labels, "int64"), found, ranks)

    def facts(self):
        return [("images", f"{self.data.examples} of {self.recipe.side} pixels")]

    def sections(self, scores):
        return classification_sections(scores)


RECIPE = StripesRecipe(epochs=3, batch_size=8, learning_rate=0.05, schedule="cosine")


def run(folder):
    return fit(
        Stripes(RECIPE, 48), folder, checkpoint_every_n_steps=2, deterministic=True, verbose=0
    )


KILLED = """
import os, signal, sys
import keras
from training.test_task import RECIPE, Stripes
from keras_nonlocal.training import fit

class Kill(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 9:
            os.kill(os.getpid(), signal.SIGKILL)

fit(Stripes(RECIPE, 48), sys.argv[1], checkpoint_every_n_steps=2, deterministic=True, verbose=0,
    callbacks=[Kill()])
"""


def killed(folder):
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.run([sys.executable, "-c", KILLED, folder], env=environment, check=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing stopped, with its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return run(folder), folder


def test_custom_task_is_trained_evaluated_and_reported(whole):
    found, folder = whole
    assert found.history[-1]["val_top1"] == 1.0
    assert found.class_names == NAMES
    names = {path.name for path in folder.iterdir()}
    assert {"best.weights.h5", "checkpoint.npz", "report.html", "confusion.png"} <= names
    page = (folder / "report.html").read_text("utf-8")
    assert "48 of 12 pixels" in page
    assert json.loads((folder / "recipe.json").read_text())["task"] == "stripes"


def test_resume_after_a_kill_gives_the_same_bits(whole, tmp_path):
    assert killed(tmp_path).returncode == -9
    assert not (tmp_path / "last.weights.h5").exists()
    run(tmp_path)  # this process knows of the other only what is in the folder
    one, other = (np.load(folder / "checkpoint.npz") for folder in (tmp_path, whole[1]))
    for name in set(one.files) - {"metadata"}:
        np.testing.assert_array_equal(one[name], other[name])


class Short(Stripes):
    """The batches end within the first epoch."""

    def batches(self, **options):
        return super().batches(**options).take(3)


def test_batches_that_end_within_an_epoch_are_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"must be endless.*after 3 of 6 steps of epoch 1"):
        fit(Short(RECIPE, 48), tmp_path / "run", verbose=0)
    assert not list(tmp_path.glob("run/*.csv"))
