"""`Evaluation` evaluates during training, and adds metrics to the logs."""

import keras
import numpy as np
import pytest

from keras_nonlocal.metrics import summary
from keras_nonlocal.tasks.video_classification.evaluation_callback import Evaluation
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.video.clip_spec import ClipSpec


@pytest.fixture
def small():
    """A network that trains quickly."""
    clip = keras.Input((8, 32, 32, 3))
    x = keras.layers.GlobalAveragePooling3D()(keras.layers.Rescaling(1 / 255)(clip))
    model = keras.Model(clip, keras.layers.Dense(3, "softmax")(x))
    model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    return model


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (6, 8, 32, 32, 3)).astype("float32"), np.array([0, 1, 2] * 2)


def test_metrics_are_in_the_logs_of_evaluated_epochs(small, data, videos):
    evaluation = Evaluation(
        Evaluator(ClipSpec(8, size=(32, 32), num_clips=2)), videos, every_n_epochs=2
    )
    seen = []
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append({**logs}))
    assert evaluation.scores is None
    small.fit(*data, epochs=4, verbose=0, callbacks=[evaluation, record])
    names = {"val_top1", "val_view_top1", "val_mean_class_accuracy"}
    assert [names & set(logs) for logs in seen] == [set(), names, set(), names]
    metrics = summary(evaluation.scores, intervals=False)
    assert {f"val_{name}": value for name, value in metrics.items()} == {
        name: seen[-1][name] for name in names
    }


def test_each_evaluation_uses_the_weights_of_its_epoch(small, data, videos):
    evaluator = Evaluator(ClipSpec(8, size=(32, 32)))
    evaluation, history = Evaluation(evaluator, videos), []
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: history.append(evaluation.scores)
    )
    small.fit(*data, epochs=2, verbose=0, callbacks=[evaluation, record])
    assert np.abs(history[0].probabilities - history[1].probabilities).max() > 1e-4
    np.testing.assert_array_equal(
        history[1].probabilities, evaluator.evaluate(small, videos).probabilities
    )


def test_another_network_with_the_same_weights_can_be_evaluated(small, data, videos):
    trained = keras.Model(small.input, small.output)
    pixels = keras.Input((8, None, None, 3))
    x = small.layers[-1](keras.layers.GlobalAveragePooling3D()(pixels / 255))
    network = keras.Model(pixels, x)
    trained.compile("sgd", "sparse_categorical_crossentropy")
    evaluator = Evaluator(ClipSpec(8, short_side=32), fully_convolutional=True)
    evaluation = Evaluation(evaluator, videos, prefix="whole_", network=network)
    history = trained.fit(*data, epochs=1, verbose=0, callbacks=[evaluation]).history
    assert history["whole_top1"] == [summary(evaluation.scores)["top1"]]
    assert evaluation.evaluator._network.model is network


def test_missing_video_is_an_error_before_the_first_step(small, data, videos, tmp_path):
    lost = [*videos, (str(tmp_path / "lost.mp4"), "run")]
    evaluation = Evaluation(Evaluator(ClipSpec(8, size=(32, 32))), lost)
    before = small.get_weights()
    with pytest.raises(ValueError, match=r"1 files are missing: '.*lost.mp4'"):
        small.fit(*data, verbose=0, callbacks=[evaluation])
    for one, other in zip(before, small.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_multi_label_videos_monitor_mean_average_precision(videos, tmp_path):
    table = tmp_path / "several.csv"
    table.write_text(f"path,labels\n{videos[0][0]},bend;run\n{videos[1][0]},jack\n")
    evaluation = Evaluation(Evaluator(ClipSpec(8, size=(32, 32))), table)
    assert evaluation.monitor == "val_mean_average_precision"
