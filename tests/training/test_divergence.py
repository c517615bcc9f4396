"""A run that diverges stops with an error that names the cause, and saves nothing of it."""

import json

import keras
import numpy as np
import pytest
from training.helpers import RECIPE, fit, state

from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.utils.errors import TrainingStopped

pytestmark = pytest.mark.usefixtures("eager")
ONE = RECIPE.changed(epochs=1, batch_size=8)  # a single step


class Break(keras.callbacks.Callback):
    """Sets a weight after the last step of an epoch."""

    def __init__(self, layer, weight, value, epoch=0):
        super().__init__()
        self.weight, self.value, self.epoch = (layer, weight), value, epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.is_now = epoch == self.epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.is_now:
            variable = getattr(self.model.get_layer(self.weight[0]), self.weight[1])
            variable.assign(np.full(variable.shape, self.value))


@pytest.mark.parametrize("validated", [False, True])
def test_a_last_step_that_explodes_is_not_saved_and_another_rate_may_follow(
    videos, validation_videos, tmp_path, validated
):
    options = {"validation": validation_videos} if validated else {}
    with pytest.raises(
        TrainingStopped,
        match=r"outputs of the network must be finite.*Nothing was saved yet. "
        "Change the recipe, and make the call again",
    ):
        fit(ONE.changed(learning_rate=1e6), videos, tmp_path, **options)
    assert [*state(tmp_path)] == ["data.json", "recipe.json"]
    run = fit(ONE, videos, tmp_path, **options)
    assert run.history[-1]["step"] == 1
    assert read_run(tmp_path).recipe.learning_rate == 0.01


@pytest.mark.parametrize(
    ("layer", "weight", "value", "checkpoints"),  # each pair of two of these occurs
    [
        ("conv1_conv", "kernel", np.nan, None),
        ("conv1_conv", "kernel", np.inf, 1),
        ("conv1_norm", "moving_mean", np.nan, 1),
        ("conv1_norm", "moving_mean", np.inf, None),
    ],
)
def test_a_weight_that_is_not_finite_is_named_and_not_saved(
    videos, tmp_path, layer, weight, value, checkpoints
):
    options = {"callbacks": [Break(layer, weight, value)], "checkpoint_every_n_steps": checkpoints}
    with pytest.raises(TrainingStopped, match=f"must be finite.*{layer}/{weight}"):
        fit(ONE, videos, tmp_path, **options)
    assert [*state(tmp_path)] == ["data.json", "recipe.json"]


def test_a_checkpoint_from_before_stays_and_the_error_says_that_it_leads_to_the_same_end(
    videos, tmp_path
):
    recipe = ONE.changed(epochs=2, schedule="steps", milestones=(1,), decay_factor=1e30)
    for _ in range(2):
        with pytest.raises(
            TrainingStopped,
            match=r"after step 2: .* The checkpoint of step 1 in .* the same call would stop "
            "again. Change the recipe, and choose another folder",
        ):
            fit(recipe, videos, tmp_path)
    with np.load(tmp_path / "checkpoint.npz") as saved:
        assert json.loads(str(saved["metadata"]))["step"] == 1
        assert all(np.isfinite(saved[name]).all() for name in saved if name != "metadata")


def test_a_checkpoint_with_values_that_are_not_finite_is_refused(videos, tmp_path):
    fit(ONE, videos, tmp_path)
    with np.load(tmp_path / "checkpoint.npz") as saved:
        arrays = dict(saved)
    (name,) = (name for name in arrays if name.endswith("logits/bias"))
    np.savez(tmp_path / "checkpoint.npz", **{**arrays, name: arrays[name] * np.nan})
    with pytest.raises(ValueError, match=r"checkpoint\.npz must be finite.*logits/bias"):
        fit(ONE, videos, tmp_path)


def test_a_loss_that_is_finite_and_huge_is_told(videos, tmp_path):
    broken = [Break("logits", "bias", 1e4 * np.array([1, -1]))]
    with pytest.warns(UserWarning, match=r"The loss rose to .* in epoch 2: the training diverges"):
        fit(ONE.changed(epochs=2), videos, tmp_path, callbacks=broken)


def test_metrics_that_are_not_finite_are_not_in_the_files(videos, tmp_path):
    class Unknown(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["val_mine"] = np.nan if epoch else 0.5

    fit(ONE.changed(epochs=2), videos, tmp_path, callbacks=[Unknown()], report=True)
    text = (tmp_path / "metrics.jsonl").read_text()
    rows = [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]
    assert [row.get("val_mine") for row in rows] == [0.5, None]
