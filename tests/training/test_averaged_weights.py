"""Weights averaged over the steps are evaluated and saved; training goes on without them."""

import keras
import numpy as np
import pytest
from training.helpers import RECIPE, assert_same_weights, fit
from training.video_files import write_squares

from keras_nonlocal.tasks import read_run

AVERAGED = RECIPE.changed(epochs=2, ema_momentum=0.5, optimizer="sgd")


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("videos"), 8)


class Weights(keras.callbacks.Callback):
    """Records one kernel after each step, and what an evaluation would see."""

    def __init__(self):
        super().__init__()
        self.after_steps, self.evaluated = [], []

    def _kernel(self):
        return keras.ops.convert_to_numpy(self.model.trainable_variables[0]).copy()

    def on_train_batch_end(self, batch, logs=None):
        self.after_steps.append(self._kernel())

    def on_epoch_end(self, epoch, logs=None):
        self.evaluated.append(self._kernel())


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_averages_are_what_the_formula_says_and_training_does_not_see_them(
    videos, tmp_path, optimizer
):
    seen, plain = Weights(), Weights()
    recipe = AVERAGED.changed(optimizer=optimizer)
    run = fit(recipe, videos, tmp_path / "run", callbacks=[seen])
    fit(recipe.changed(ema_momentum=0.0), videos, callbacks=[plain])
    # AdamW divides gradients near zero, and their rounding, by their size. A step is 0.01.
    atol = {"sgd": 1e-6, "adamw": 2e-5}[optimizer]
    np.testing.assert_allclose(seen.after_steps, plain.after_steps, atol=atol)
    average, epoch = seen.after_steps[0], len(seen.after_steps) // 2
    for step, kernel in enumerate(seen.after_steps[1:], 2):
        average = 0.5 * average + 0.5 * kernel
        if step == epoch:
            np.testing.assert_allclose(seen.evaluated[0], average, atol=1e-6)
    np.testing.assert_allclose(run.model.trainable_variables[0], average, atol=1e-6)
    saved = read_run(tmp_path / "run").model.trainable_variables[0]
    np.testing.assert_allclose(saved, average, atol=1e-6)


@pytest.mark.usefixtures("eager")
def test_a_stopped_run_resumes_to_the_same_bits(videos, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    fit(AVERAGED, videos, tmp_path / "whole", deterministic=True)
    with pytest.raises(KeyboardInterrupt):
        fit(AVERAGED, videos, tmp_path / "run", callbacks=[Stop()], deterministic=True)
    fit(AVERAGED, videos, tmp_path / "run", deterministic=True)
    one, other = (np.load(tmp_path / name / "checkpoint.npz") for name in ("whole", "run"))
    assert any("average" in name for name in one.files)
    for name in set(one.files) - {"metadata"}:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert_same_weights(*(read_run(tmp_path / name).model for name in ("whole", "run")))


def test_values_out_of_range_are_refused():
    with pytest.raises(ValueError, match="ema_momentum"):
        RECIPE.changed(ema_momentum=1.0)
