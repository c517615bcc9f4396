"""`Evaluator` against a plain loop over videos and views."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.metrics import read_scores
from keras_nonlocal.tasks.video_classification import traced_network as network_module
from keras_nonlocal.tasks.video_classification.batch_by_shape import Buckets
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.preprocessing import preprocess

NORMAL = {"mean": (114.75,) * 3, "std": (57.375,) * 3}
PIXELS = ClipSpec(8, frame_stride=2, size=(32, 32), sampling="official")
CLIP = replace(PIXELS, **NORMAL)


@pytest.fixture(scope="module")
def evaluator():
    """One for several tests, as it is traced once."""
    return Evaluator(replace(CLIP, num_clips=2))


def plain_loop(model, videos, clip):
    """Probabilities of each view, `(videos, views, classes)`, one view after another."""
    answers, network = [], tf.function(model, reduce_retracing=True)
    for path, _ in videos:
        views = list(read_clips(path, clip))
        if clip.flip:
            views += [view[:, :, ::-1] for view in views]
        of_video = []
        for view in views:
            x = preprocess(view, **clip.preprocessing).numpy()
            of_video.append(network(x[None], training=False).numpy()[0])
        answers.append(of_video)
    return np.array(answers, "float64")


def ranks_by_loop(answers, targets):
    return [
        [sorted(range(len(p)), key=lambda c: -p[c]).index(target) for p in of_video]
        for of_video, target in zip(answers, targets, strict=True)
    ]


CASES = {
    "crops and mirror images": (replace(CLIP, num_clips=2, num_crops=3, flip=True), {}, {}),
    "a crop that follows what moves": (
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
def test_scores_are_those_of_a_plain_loop(model, videos, case):
    clip, how, seen = CASES[case]
    scores = Evaluator(clip, **how).evaluate(model, videos)
    answers = plain_loop(model, videos, replace(clip, **seen))
    assert np.ptp(answers, axis=1).max() > 1e-2, "the views are too alike to tell anything"
    np.testing.assert_allclose(scores.probabilities, answers.mean(axis=1), rtol=0, atol=1e-6)
    assert scores.ranks.tolist() == ranks_by_loop(answers, scores.targets)
    assert scores.paths == tuple(path for path, _ in videos)
    assert [scores.class_names[target] for target in scores.targets] == [name for _, name in videos]


def test_without_a_preparation_the_network_gets_pixels(model, videos):
    pixels = keras.Input((8, None, None, 3))
    of_pixels = keras.Model(pixels, model(keras.layers.Rescaling(1 / 57.375, -2.0)(pixels)))
    clip = ClipSpec(8, short_side=40, size=(32, 32), num_clips=2)
    evaluator = Evaluator(clip, fully_convolutional=True)
    scores = evaluator.evaluate(of_pixels, videos)
    answers = plain_loop(of_pixels, videos, ClipSpec(8, short_side=40, num_clips=2))
    np.testing.assert_allclose(scores.probabilities, answers.mean(axis=1), rtol=0, atol=1e-6)


def test_whole_frames_of_different_sizes_are_meant_by_fully_convolutional(videos):
    shapes = {read_clips(path, ClipSpec(8, short_side=32)).shape[2:4] for path, _ in videos}
    assert len(shapes) == 3


def test_videos_of_several_classes_are_scored_by_all(model, videos, evaluator):
    source = [(path, ["x", "xy", "z"][i % 3]) for i, (path, _) in enumerate(videos)]
    source = [(path, list(labels)) for path, labels in source]
    scores = evaluator.evaluate(model, source)
    answers = plain_loop(model, videos, replace(CLIP, num_clips=2))
    np.testing.assert_allclose(scores.probabilities, answers.mean(axis=1), rtol=0, atol=1e-6)
    assert scores.ranks is None
    assert scores.targets.tolist() == [
        [float(name in labels) for name in "xyz"] for _, labels in source
    ]


def test_chunks_of_any_size_give_the_same(model, videos, monkeypatch):
    evaluator = Evaluator(replace(CLIP, num_clips=3), fully_convolutional=True)
    expected = evaluator.evaluate(model, videos)
    for most in (1, 2, 5, 7):
        monkeypatch.setattr(network_module, "MOST_VIEWS", most)
        scores = evaluator.evaluate(model, videos)
        np.testing.assert_allclose(scores.probabilities, expected.probabilities, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(scores.ranks, expected.ranks)


def test_with_hardly_any_memory_views_pass_one_by_one(model, videos, evaluator):
    few = Evaluator(replace(CLIP, num_clips=2), memory=1).evaluate(model, videos)
    many = evaluator.evaluate(model, videos)
    np.testing.assert_allclose(few.probabilities, many.probabilities, rtol=0, atol=1e-6)


def test_chunks_are_as_large_as_memory_allows(model):
    shape = (8, 32, 32, 3)
    one = network_module.inference_bytes(model, shape)
    for memory, views in ((1, 1), (one * 2 - 1, 1), (one * 2, 2), (one * 5, 5), (one * 999, 64)):
        assert network_module.TracedNetwork(model, PIXELS, memory).chunk(shape) == views


def test_a_batch_is_never_of_two_shapes_and_none_is_lost():
    rng = np.random.default_rng(0)
    buckets, out, given = Buckets(lambda shape: 4, most=3000), [], []
    for video in range(30):
        size = int(rng.integers(2, 6))
        views = rng.integers(0, 256, (int(rng.integers(1, 7)), 2, size, size, 3), "uint8")
        given += [(video, view.tobytes()) for view in views]
        out += list(buckets.add(video, views))
        assert sum(len(views) for _, views in out) >= len(given) - 3000 // (2 * 2 * 2 * 3)
    out += list(buckets.rest())
    assert max(len(views) for _, views in out) == 4
    came = [
        (video, view.tobytes())
        for videos, views in out
        for video, view in zip(videos, views, strict=True)
    ]
    assert sorted(came, key=lambda pair: pair[0]) == given


def test_the_network_is_traced_once_for_all_sizes_and_calls(model, videos):
    evaluator = Evaluator(replace(PIXELS, num_clips=3), fully_convolutional=True)
    for _ in range(2):
        evaluator.evaluate(model, videos)
    assert evaluator._network._function.experimental_get_tracing_count() == 1


def test_new_weights_of_the_same_model_are_seen(model, videos, evaluator):
    before = evaluator.evaluate(model, videos)
    kernel = model.get_layer("logits").kernel
    saved = kernel.numpy()
    try:
        kernel.assign(-saved)
        after = evaluator.evaluate(model, videos)
    finally:
        kernel.assign(saved)
    assert np.abs(after.probabilities - before.probabilities).max() > 0.01


def test_two_shards_merged_equal_one_process(model, videos, evaluator, tmp_path):
    whole = evaluator.evaluate(model, videos)
    for index in (1, 0):
        evaluator.evaluate(model, videos, folder=tmp_path, shard=(index, 2))
    merged = read_scores(tmp_path)
    assert merged.paths == whole.paths
    assert merged.class_names == whole.class_names
    np.testing.assert_array_equal(merged.targets, whole.targets)
    np.testing.assert_array_equal(merged.ranks, whole.ranks)
    np.testing.assert_allclose(merged.probabilities, whole.probabilities, rtol=0, atol=1e-6)


def test_a_process_without_videos_writes_a_file_too(model, videos, evaluator, tmp_path):
    for index in range(9):
        shard = evaluator.evaluate(model, videos, folder=tmp_path, shard=(index, 9))
        assert len(shard) == (index < 7)
    assert read_scores(tmp_path).paths == tuple(path for path, _ in videos)


def test_only_the_part_of_a_file_that_counts_is_seen(model, videos, evaluator):
    (path, label), *_ = videos
    cut = Manifest((Entry(path, (0,), start=0.1, end=0.25),), ("bend", "jack", "run"))
    part = evaluator.evaluate(model, cut).probabilities
    whole = evaluator.evaluate(model, [(path, label)], class_names=cut.class_names).probabilities
    assert np.abs(part - whole).max() > 1e-3
