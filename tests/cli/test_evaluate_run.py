"""`keras-nonlocal evaluate` of a training run: tested as its recipe says."""

import json

import pytest
from training.squares import write_squares

from keras_nonlocal.cli import main
from keras_nonlocal.evaluation import summary
from keras_nonlocal.training import Recipe, evaluator_by, train

RECIPE = Recipe(
    "nl_c2d_small",
    frames=2,
    stride=2,
    size=(24, 24),
    arguments={"variant": "slowfast", "blocks": 1},
    epochs=1,
    batch_size=4,
    test_clips=3,
    test_flip=True,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with videos, and a run trained on them."""
    folder = tmp_path_factory.mktemp("place")
    write_squares(folder / "videos", 6)
    train(RECIPE, folder / "videos", folder / "run", report=False, verbose=0)
    return folder


def test_a_run_is_tested_by_its_recipe(place, capsys):
    assert main(["evaluate", str(place / "run"), "--data", str(place / "videos"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    run = train(RECIPE, place / "videos", place / "run", report=False, verbose=0)  # it is done
    expected = summary(evaluator_by(RECIPE).evaluate(run.model, place / "videos"), intervals=False)
    assert found["videos"] == 6
    assert expected.items() <= found.items()


def test_views_are_those_of_the_recipe_unless_others_are_asked_for(place, capsys):
    command = ["evaluate", str(place / "run"), "--data", str(place / "videos")]
    assert main(command) == 0
    assert "6 videos, 6 views each" in capsys.readouterr().out  # 3 clips and their mirror images
    assert main([*command, "--clips", "1"]) == 0
    assert "6 videos, 2 views each" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("videos", "is not the folder of a training run"),
        ("nobody", "There is no card"),
    ],
)
def test_what_is_neither_run_nor_card_ends_with_one_line_and_status_2(
    model, message, place, monkeypatch, capsys
):
    monkeypatch.chdir(place)
    assert main(["evaluate", model, "--data", "videos"]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1
