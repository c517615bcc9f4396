"""`keras-nonlocal evaluate` and `predict` take the folder of a training run as the model."""

import json
from pathlib import Path

import numpy as np
import pytest
from training.video_files import write_squares

from keras_nonlocal.cli.main import main
from keras_nonlocal.metrics import summary
from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.tasks.train import train
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.zoo import load

RECIPE = VideoRecipe(
    "nl_c2d_small",
    num_frames=2,
    frame_stride=2,
    size=(24, 24),
    arguments={"variant": "slowfast", "blocks": 1},
    epochs=1,
    batch_size=4,
    test_num_clips=3,
    test_flip=True,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with videos, and a run trained on them."""
    folder = tmp_path_factory.mktemp("place")
    write_squares(folder / "videos", 6)
    train(RECIPE, folder / "videos", folder / "run", report=False, verbose=0)
    return folder


def test_run_is_evaluated_by_its_recipe(place, capsys):
    assert main(["evaluate", str(place / "run"), "--data", str(place / "videos"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    run = train(RECIPE, place / "videos", place / "run", report=False, verbose=0)  # it is done
    expected = summary(
        Evaluator(RECIPE.testing_clip).evaluate(run.model, place / "videos"), intervals=False
    )
    assert found["videos"] == 6
    assert expected.items() <= found.items()


def test_options_override_the_views_of_the_recipe(place, capsys):
    command = ["evaluate", str(place / "run"), "--data", str(place / "videos")]
    assert main(command) == 0
    assert "6 videos, 6 views each" in capsys.readouterr().out  # 3 clips and their mirror images
    assert main([*command, "--num-clips", "1"]) == 0
    assert "6 videos, 2 views each" in capsys.readouterr().out


def test_predict_gives_the_probabilities_of_evaluate(place, capsys):
    scores = Evaluator(RECIPE.testing_clip).evaluate(
        read_run(place / "run").model, place / "videos"
    )
    classifier = load(place / "run")
    assert classifier.class_names == scores.class_names
    assert main(["predict", *scores.paths, "--model", str(place / "run"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["results"]
    for path, expected, result in zip(scores.paths, scores.probabilities, printed, strict=True):
        found = classifier.predict(path)
        in_order = [found[name] for name in classifier.class_names]
        np.testing.assert_allclose(in_order, expected, atol=1e-6)
        assert result["path"] == path
        assert {row["label"]: row["probability"] for row in result["top"]} == pytest.approx(found)


@pytest.mark.parametrize("name", [Path("nowhere"), "runs/nowhere"])
def test_missing_run_is_an_error(name):
    with pytest.raises(
        FileNotFoundError, match=r"There is no folder '.*nowhere' of a training run"
    ):
        load(name)


@pytest.mark.parametrize("command", [["evaluate", "--data", "videos"], ["predict", "--model"]])
@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("videos", "is not the folder of a training run"),
        ("nobody", "There is no folder 'nobody' of a training run, either"),
        ("runs/nobody", "There is no folder 'runs/nobody' of a training run"),
    ],
)
def test_unknown_model_prints_one_line_and_status_is_2(
    command, model, message, place, monkeypatch, capsys
):
    monkeypatch.chdir(place)
    assert main([*command, model, *(["videos"] if "predict" in command else [])]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1


def test_without_blocks_all_files_are_classified_and_no_attention_is_drawn(place, tmp_path, capsys):
    recipe = RECIPE.changed(builder="c2d_small", arguments={"variant": "slowfast"})
    train(recipe, place / "videos", tmp_path / "plain", report=False, verbose=0)
    videos, plot = place / "videos" / "dark", tmp_path / "seen.png"
    command = ["predict", str(videos), "--model", str(tmp_path / "plain"), "--json"]
    assert main([*command, "--explain", str(plot)]) == 1
    output = capsys.readouterr()
    assert len(json.loads(output.out)["results"]) == 3
    assert output.err.count("has no non-local block") == 3
    assert [*tmp_path.glob("*.png")] == []
