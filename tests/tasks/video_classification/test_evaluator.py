"""`Evaluator` equals a plain loop over videos and views."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import models
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources.read import read_source
from keras_nonlocal.metrics import read_scores
from keras_nonlocal.tasks.video_classification import traced_network
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.preprocessing import preprocess
from keras_nonlocal.video.shards.writing import write_shards

pytestmark = pytest.mark.usefixtures("shallow_networks")

NORMAL = {"mean": (114.75,) * 3, "std": (57.375,) * 3}
PIXELS = ClipSpec(8, frame_stride=2, size=(32, 32), sampling="official")
CLIP = replace(PIXELS, **NORMAL)


@pytest.fixture(scope="module")
def evaluator():
    """An evaluator for several tests, which is traced only once."""
    return Evaluator(replace(CLIP, num_clips=2))


@cache
def graph(model):
    """The network as a function, which is traced once for all tests."""
    return tf.function(model, reduce_retracing=True)


def plain_loop(model, videos, clip):
    """Probabilities of each view, `(videos, views, classes)`, one view after another."""
    probabilities, network = [], graph(model)
    for path, _ in videos:
        views = list(read_clips(path, clip))
        if clip.flip:
            views += [view[:, :, ::-1] for view in views]
        video_probabilities = []
        for view in views:
            x = preprocess(view, **clip.preprocessing).numpy()
            video_probabilities.append(network(x[None], training=False).numpy()[0])
        probabilities.append(video_probabilities)
    return np.array(probabilities, "float64")


def plain_ranks(probabilities, targets):
    return [
        [sorted(range(len(p)), key=lambda c: -p[c]).index(target) for p in video_probabilities]
        for video_probabilities, target in zip(probabilities, targets, strict=True)
    ]


CASES = {
    "crops and mirror images": (replace(CLIP, num_clips=2, num_crops=3, flip=True), {}, {}),
    "a crop that tracks motion": (
        replace(CLIP, num_clips=2, subtract_mean_frame=True, track_motion=(24, 24)),
        {},
        {},
    ),
    "whole frames of any size": (
        replace(CLIP, num_clips=3, flip=True),
        {"fully_convolutional": True},
        {"size": None, "short_side": 32},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_scores_equal_a_plain_loop(model, videos, case):
    clip, options, changes = CASES[case]
    scores = Evaluator(clip, **options).evaluate(model, videos)
    probabilities = plain_loop(model, videos, replace(clip, **changes))
    assert np.ptp(probabilities, axis=1).max() > 1e-2, "the views are too similar for this test"
    np.testing.assert_allclose(scores.probabilities, probabilities.mean(axis=1), rtol=0, atol=1e-6)
    assert scores.ranks.tolist() == plain_ranks(probabilities, scores.targets)
    assert scores.paths == tuple(path for path, _ in videos)
    assert [scores.class_names[target] for target in scores.targets] == [name for _, name in videos]


def test_network_without_normalization_gets_pixels(model, videos):
    pixels = keras.Input((8, None, None, 3))
    pixel_model = keras.Model(pixels, model(keras.layers.Rescaling(1 / 57.375, -2.0)(pixels)))
    clip = ClipSpec(8, short_side=40, size=(32, 32), num_clips=2)
    evaluator = Evaluator(clip, fully_convolutional=True)
    scores = evaluator.evaluate(pixel_model, videos)
    probabilities = plain_loop(pixel_model, videos, ClipSpec(8, short_side=40, num_clips=2))
    np.testing.assert_allclose(scores.probabilities, probabilities.mean(axis=1), rtol=0, atol=1e-6)


def test_videos_of_the_fixture_have_different_shapes(videos):
    shapes = {read_clips(path, ClipSpec(8, short_side=32)).shape[2:4] for path, _ in videos}
    assert len(shapes) == 3


def test_scores_of_multi_label_videos(model, videos, evaluator):
    source = [(path, ["x", "xy", "z"][i % 3]) for i, (path, _) in enumerate(videos)]
    source = [(path, list(labels)) for path, labels in source]
    scores = evaluator.evaluate(model, source)
    probabilities = plain_loop(model, videos, replace(CLIP, num_clips=2))
    np.testing.assert_allclose(scores.probabilities, probabilities.mean(axis=1), rtol=0, atol=1e-6)
    assert scores.ranks is None
    assert scores.targets.tolist() == [
        [float(name in labels) for name in "xyz"] for _, labels in source
    ]


def test_batch_size_does_not_change_the_scores(model, videos, monkeypatch):
    evaluator = Evaluator(replace(CLIP, num_clips=3), fully_convolutional=True)
    expected = evaluator.evaluate(model, videos)
    for size in (1, 2, 5, 7):
        monkeypatch.setattr(traced_network, "MAX_VIEWS", size)
        scores = evaluator.evaluate(model, videos)
        np.testing.assert_allclose(scores.probabilities, expected.probabilities, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(scores.ranks, expected.ranks)


def test_little_memory_does_not_change_the_scores(model, videos, evaluator):
    few = Evaluator(replace(CLIP, num_clips=2), memory=1).evaluate(model, videos)
    many = evaluator.evaluate(model, videos)
    np.testing.assert_allclose(few.probabilities, many.probabilities, rtol=0, atol=1e-6)


def test_network_is_traced_once_for_all_sizes_and_calls(model, videos):
    evaluator = Evaluator(replace(PIXELS, num_clips=3), fully_convolutional=True)
    for _ in range(2):
        evaluator.evaluate(model, videos)
    assert evaluator._network._function.experimental_get_tracing_count() == 1


def test_new_weights_of_the_same_model_are_used(model, videos, evaluator):
    before = evaluator.evaluate(model, videos)
    kernel = model.get_layer("logits").kernel
    saved = kernel.numpy()
    try:
        kernel.assign(-saved)
        after = evaluator.evaluate(model, videos)
    finally:
        kernel.assign(saved)
    assert np.abs(after.probabilities - before.probabilities).max() > 0.01


def test_two_merged_shards_equal_one_process(model, videos, evaluator, tmp_path):
    whole = evaluator.evaluate(model, videos)
    for index in (1, 0):
        evaluator.evaluate(model, videos, folder=tmp_path, shard=(index, 2))
    merged = read_scores(tmp_path)
    assert merged.paths == whole.paths
    assert merged.class_names == whole.class_names
    np.testing.assert_array_equal(merged.targets, whole.targets)
    np.testing.assert_array_equal(merged.ranks, whole.ranks)
    np.testing.assert_allclose(merged.probabilities, whole.probabilities, rtol=0, atol=1e-6)


def test_process_without_videos_writes_a_file(model, videos, evaluator, tmp_path):
    for index in range(9):
        shard = evaluator.evaluate(model, videos, folder=tmp_path, shard=(index, 9))
        assert len(shard) == (index < 7)
    assert read_scores(tmp_path).paths == tuple(path for path, _ in videos)


def test_only_the_segment_of_an_entry_is_evaluated(model, videos, evaluator):
    (path, label), *_ = videos
    cut = Manifest((Entry(path, (0,), start=0.1, end=0.25),), ("bend", "jack", "run"))
    part = evaluator.evaluate(model, cut).probabilities
    whole = evaluator.evaluate(model, [(path, label)], class_names=cut.class_names).probabilities
    assert np.abs(part - whole).max() > 1e-3


def test_a_weight_that_is_not_finite_is_refused_by_its_name(videos):
    diverged = models.c2d_small(classes=3)
    kernel = diverged.get_layer("res3_0_1_conv").kernel
    for value in (np.nan, np.inf):
        kernel.assign(np.full(kernel.shape, value))
        with pytest.raises(ValueError, match=r"must be finite numbers.*\['res3_0_1_conv/kernel'\]"):
            Evaluator(CLIP).evaluate(diverged, videos)


def test_a_folder_of_shards_is_evaluated_as_its_videos(model, videos, tmp_path):
    write_shards(read_source(videos), tmp_path / "shards", num_processes=1, quality=100)
    evaluator = Evaluator(replace(CLIP, num_clips=2, num_crops=3, flip=True))
    expected = evaluator.evaluate(model, videos)
    found = evaluator.evaluate(model, tmp_path / "shards")
    order = [expected.paths.index(path) for path in found.paths]
    np.testing.assert_array_equal(found.targets, expected.targets[order])
    np.testing.assert_allclose(found.probabilities, expected.probabilities[order], atol=0.05)
    assert np.abs(np.diff(expected.probabilities, axis=0)).max() > 0.05


def test_videos_of_shards_need_not_exist(model, videos, tmp_path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(Path(videos[0][0]).read_bytes())
    write_shards(read_source([(copy, "run")]), tmp_path / "shards", num_processes=1)
    copy.unlink()
    names = ("bend", "jack", "run")
    scores = Evaluator(CLIP).evaluate(model, tmp_path / "shards", class_names=names)
    assert (scores.paths, scores.targets.tolist()) == ((str(copy),), [2])
