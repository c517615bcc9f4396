"""`keras-nonlocal evaluate` prints metrics, saves scores and rejects invalid input."""

import json

import numpy as np
import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.metrics import read_scores
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.samples import sample_video
from keras_nonlocal.zoo import load

MODEL = "nl_i3d_small_weizmann"


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Jumping jacks, one of them labeled as another class that the model knows."""
    folder = tmp_path_factory.mktemp("videos")
    sample_video.write_sample(folder / "jack" / "a.mp4")
    write_video(folder / "jack" / "b.mp4", sample_video.jumping_jacks(40), fps=25)
    write_video(folder / "walk" / "c.mp4", sample_video.jumping_jacks(50), fps=25)
    return folder


def evaluate(videos, *more, model=MODEL):
    return main(["evaluate", model, "--data", str(videos), *more])


def test_metrics_are_those_of_the_classifier(videos, tmp_path, capsys):
    assert evaluate(videos, "-o", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    scores = read_scores(tmp_path)
    classifier = load(MODEL)
    for path, probabilities in zip(scores.paths, scores.probabilities, strict=True):
        expected = classifier.predict(path)
        np.testing.assert_allclose(
            probabilities, [expected[name] for name in scores.class_names], atol=1e-6
        )
    assert [scores.class_names[target] for target in scores.targets] == ["jack", "jack", "walk"]
    right = [p.argmax() == t for p, t in zip(scores.probabilities, scores.targets, strict=True)]
    assert lines[0] == "3 videos, 10 views each"
    assert lines[1].split()[:2] == ["top-1", f"{np.mean(right):.1%}"]
    assert lines[-2] == "classes of lowest accuracy"
    assert lines[-1].split() == ["walk", "0.0%"]


def test_stdout_holds_only_json(videos, capfd):
    assert evaluate(videos, "--num-clips", "2", "--json") == 0
    metrics = json.loads(capfd.readouterr().out)
    assert metrics["videos"] == 3
    assert metrics["top1"] == pytest.approx(2 / 3)
    low, high = metrics["top1_interval"]
    assert low <= metrics["top1"] <= high


def test_number_of_views(videos, capsys):
    assert evaluate(videos, "--num-clips", "2", "--num-crops", "3", "--short-side", "100") == 0
    assert capsys.readouterr().out.startswith("3 videos, 12 views each\n")


def test_shards_are_saved_and_merged(videos, tmp_path, capsys):
    for shard in ("0/2", "1/2"):
        assert evaluate(videos, "--num-clips", "1", "--shard", shard, "-o", str(tmp_path)) == 0
    assert [line[:8] for line in capsys.readouterr().out.splitlines() if " each" in line] == [
        "2 videos",
        "1 videos",
    ]
    assert len(read_scores(tmp_path)) == 3


def test_numeric_labels_are_class_indices_of_the_model(videos, tmp_path, capsys):
    (tmp_path / "list.csv").write_text(f"path,label\n{videos}/jack/a.mp4,1\n")
    assert evaluate(tmp_path / "list.csv", "--num-clips", "1", "-o", str(tmp_path / "out")) == 0
    scores = read_scores(tmp_path / "out")
    assert scores.class_names[scores.targets[0]] == "jack"
    assert len(scores.class_names) == 10


def test_unreadable_videos_are_an_error_or_skipped(videos, tmp_path, capsys):
    (tmp_path / "set" / "jack").mkdir(parents=True)
    (tmp_path / "set" / "jack" / "a.mp4").write_bytes((videos / "jack" / "a.mp4").read_bytes())
    (tmp_path / "set" / "jack" / "bad.mp4").write_bytes(b"this is no video")
    assert evaluate(tmp_path / "set", "--num-clips", "1") == 2
    assert "bad.mp4" in capsys.readouterr().err
    error_log = tmp_path / "bad.jsonl"
    with pytest.warns(UserWarning, match="1 of 2 videos could not be read"):
        assert (
            evaluate(
                tmp_path / "set",
                "--num-clips",
                "1",
                "--on-error",
                "skip",
                "--error-log",
                str(error_log),
            )
            == 0
        )
    assert json.loads(error_log.read_text())["cause"]
    assert capsys.readouterr().out.startswith("1 videos")


def test_ctrl_c_prints_one_line(videos, tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        "keras_nonlocal.tasks.video_classification.evaluator.Evaluator.evaluate", interrupted
    )
    assert evaluate(videos) == 130
    assert capsys.readouterr().err == "\nInterrupted: nothing was written.\n"
    assert evaluate(videos, "-o", str(tmp_path)) == 130
    assert capsys.readouterr().err == (
        f"\nInterrupted: the scores so far are in {tmp_path}. Run the same command to resume.\n"
    )


def test_unknown_classes_are_listed(tmp_path, capsys):
    sample_video.write_sample(tmp_path / "jack" / "a.mp4")
    sample_video.write_sample(tmp_path / "hopping" / "a.mp4")
    assert evaluate(tmp_path) == 2
    error = capsys.readouterr().err
    assert "does not know: hopping. It knows bend, jack" in error
    assert "Use the class names of the model" in error


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--fully-convolutional"], "`track_motion` of `clip`"),
        (["--split", "val"], "`split` must be None: there are no splits"),
        (["--short-side", "20"], "`short_side` must leave frames that `size` fits into"),
    ],
)
def test_invalid_options_print_one_line_and_status_is_2(more, message, videos, capsys):
    assert evaluate(videos, *more) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1


def test_unknown_model_is_an_error(videos, capsys):
    assert evaluate(videos, model="nobody") == 2
    assert "There is no card 'nobody'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--shard", "2/2"], "expected I/N, such as 0/4, where I is less than N, received '2/2'"),
        (["--shard", "1"], "received '1'"),
        (["--num-clips", "0"], "expected a positive integer, received '0'"),
        (["--memory", "much"], "expected a positive integer, received 'much'"),
    ],
)
def test_invalid_numbers_are_explained(more, message, videos, capsys):
    with pytest.raises(SystemExit):
        evaluate(videos, *more)
    assert message in capsys.readouterr().err
