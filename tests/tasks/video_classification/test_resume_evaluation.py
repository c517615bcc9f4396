"""A stopped evaluation resumes, and scores with different settings are never mixed."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.metrics import read_scores
from keras_nonlocal.metrics.score_shard import read_shard
from keras_nonlocal.tasks.video_classification import score_store
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.decoding.container import VideoError

CLIP = ClipSpec(8, size=(32, 32), num_clips=2, mean=(114.75,) * 3, std=(57.375,) * 3)
FILE = "scores-00000-of-00001.npz"

PROGRAM = """
import sys, time
import keras
import keras_nonlocal
from keras_nonlocal.tasks.video_classification import Evaluator, score_store
from keras_nonlocal.video import ClipSpec

save = score_store.ScoreStore.save
def save_slowly(self):
    save(self)
    time.sleep(0.5)

score_store.ScoreStore.save, score_store.SAVE_INTERVAL = save_slowly, 0
file, folder, *videos = sys.argv[1:]
model = keras.models.load_model(file)
clip = ClipSpec(8, size=(32, 32), num_clips=2, mean=(114.75,) * 3, std=(57.375,) * 3)
evaluator = Evaluator(clip)
source = [(path, ("bend", "jack", "run")[i % 3]) for i, path in enumerate(videos)]
evaluator.evaluate(model, source, folder=folder)
"""


@pytest.fixture(scope="module")
def evaluator():
    return Evaluator(CLIP)


@pytest.fixture
def own_videos(videos, tmp_path):
    """Copies, which a test may damage."""
    (tmp_path / "videos").mkdir()
    copies = [(tmp_path / "videos" / Path(path).name, label) for path, label in videos]
    for (path, _), (copy, _) in zip(videos, copies, strict=True):
        copy.write_bytes(Path(path).read_bytes())
    return [(str(copy), label) for copy, label in copies]


def damage(path):
    Path(path).write_bytes(b"no video")


def assert_same(one, other):
    assert (one.paths, one.class_names) == (other.paths, other.class_names)
    np.testing.assert_array_equal(one.targets, other.targets)
    np.testing.assert_array_equal(one.ranks, other.ranks)
    np.testing.assert_allclose(one.probabilities, other.probabilities, rtol=0, atol=1e-6)


def kill_during_evaluation(file, folder, paths):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, file, folder, *paths])
    deadline = time.monotonic() + 120
    while not (folder / FILE).exists() or len(read_shard(folder / FILE).scores) < 3:
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return read_shard(folder / FILE)


def test_resume_after_a_kill_reads_no_video_twice(model, own_videos, evaluator, tmp_path):
    whole = evaluator.evaluate(model, own_videos, folder=tmp_path / "whole")
    model.save(tmp_path / "model.keras")
    folder = tmp_path / "folder"
    shard = kill_during_evaluation(
        tmp_path / "model.keras", folder, [path for path, _ in own_videos]
    )
    assert 3 <= len(shard.scores) < 7
    assert shard.num_remaining == 7 - len(shard.scores)
    with pytest.raises(ValueError, match=f"{shard.num_remaining} more are still to be evaluated"):
        read_scores(folder)
    for path in shard.scores.paths:
        damage(path)
    assert_same(evaluator.evaluate(model, own_videos, folder=folder), whole)
    assert_same(read_scores(folder), whole)
    assert (read_shard(folder / FILE).settings) == read_shard(tmp_path / "whole" / FILE).settings


def test_complete_scores_are_not_computed_again(model, own_videos, evaluator, tmp_path):
    before = evaluator.evaluate(model, own_videos, folder=tmp_path / "out")
    for path, _ in own_videos:
        damage(path)
    assert_same(evaluator.evaluate(model, own_videos, folder=tmp_path / "out"), before)


def test_ctrl_c_saves_the_scores(model, videos, evaluator, tmp_path, monkeypatch):
    add = score_store.ScoreStore.add

    def interrupted(self, rows, probabilities):
        if 5 in rows:
            raise KeyboardInterrupt
        add(self, rows, probabilities)

    monkeypatch.setattr(score_store.ScoreStore, "add", interrupted)
    monkeypatch.setattr("keras_nonlocal.tasks.video_classification.traced_network.MAX_VIEWS", 2)
    with pytest.raises(KeyboardInterrupt):
        evaluator.evaluate(model, videos, folder=tmp_path)
    shard = read_shard(tmp_path / FILE)
    assert shard.positions.tolist() == [0, 1, 2, 3, 4]
    assert shard.num_remaining == 2


def test_error_names_the_video_and_saves_the_scores(model, own_videos, tmp_path):
    path, _ = own_videos[4]
    good = Path(path).read_bytes()
    damage(path)
    evaluator = Evaluator(CLIP, error_log=tmp_path / "bad.jsonl", num_parallel_calls=1)
    with pytest.raises(VideoError, match=r"4\.mp4"):
        evaluator.evaluate(model, own_videos, folder=tmp_path / "out")
    assert read_shard(tmp_path / "out" / FILE).positions.tolist() == [0, 1, 2, 3]
    assert [line["policy"] for line in read_error_log(tmp_path / "bad.jsonl")] == ["raise"]
    Path(path).write_bytes(good)
    assert len(evaluator.evaluate(model, own_videos, folder=tmp_path / "out")) == 7


def test_skipped_videos_are_reported_and_read_again(model, own_videos, evaluator, tmp_path):
    whole = evaluator.evaluate(model, own_videos)
    path, _ = own_videos[4]
    good = Path(path).read_bytes()
    damage(path)
    skipping = Evaluator(CLIP, on_error="skip", error_log=tmp_path / "bad.jsonl")
    with pytest.warns(UserWarning, match=r"1 of 7 videos could not be read.*bad\.jsonl"):
        scores = skipping.evaluate(model, own_videos, folder=tmp_path / "out")
    rest = whole.rows([0, 1, 2, 3, 5, 6])
    assert_same(scores, rest)
    assert_same(read_scores(tmp_path / "out"), rest)
    (line,) = read_error_log(tmp_path / "bad.jsonl")
    assert (line["path"], line["policy"]) == (path, "skip")
    Path(path).write_bytes(good)
    assert_same(skipping.evaluate(model, own_videos, folder=tmp_path / "out"), whole)


CHANGES = {
    "clips": (dict(num_clips=3), {}, r"num_clips: 2, now 3"),
    "size": (dict(size=(32, 40)), {}, r"size\[1\]: 32, now 40"),
    "pixels": (dict(mean=None, std=None), {}, r"mean: \[.*\], now None"),
    "flip": (dict(flip=True), {}, "flip: False, now True"),
    "whole frames": ({}, dict(fully_convolutional=True), "fully_convolutional: False, now True"),
}


@pytest.fixture(scope="module")
def finished(model, videos, evaluator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    evaluator.evaluate(model, videos, folder=folder)
    return folder


@pytest.mark.parametrize("case", CHANGES)
def test_scores_with_other_settings_are_an_error(model, videos, finished, case):
    changes, options, message = CHANGES[case]
    before = (finished / FILE).read_bytes()
    with pytest.raises(ValueError, match=message):
        Evaluator(replace(CLIP, **changes), **options).evaluate(model, videos, folder=finished)
    assert (finished / FILE).read_bytes() == before


def test_scores_of_other_videos_weights_classes_or_shards_are_an_error(
    model, videos, evaluator, finished
):
    def check(message, source=videos, **options):
        with pytest.raises(ValueError, match=message):
            evaluator.evaluate(model, source, folder=finished, **options)

    check(r"videos: '.*', now '", source=videos[:6])
    check(r"videos: '.*', now '", source=[*videos[:6], (videos[6][0], "run")])
    check(
        r"classes\[0\]: 'bend', now 'run'.*\n.*classes\[2\]: 'run', now 'bend'",
        class_names=("run", "jack", "bend"),
    )
    check("shards: 1, now 2", shard=(0, 2))
    kernel = model.get_layer("logits").kernel
    saved = kernel.numpy()
    try:
        kernel.assign(2 * saved)
        check(r"weights: '\w+', now '")
    finally:
        kernel.assign(saved)
