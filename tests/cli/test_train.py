"""`keras-nonlocal train`: a folder and a recipe make a weights file that a builder takes."""

import json

import pytest

from keras_nonlocal import models
from keras_nonlocal.cli import main
from keras_nonlocal.data import synthetic

RECIPE = {
    "builder": "nl_c2d_small",
    "frames": 4,
    "stride": 1,
    "size": [32, 32],
    "arguments": {"variant": "slowfast", "blocks": 1},
    "epochs": 1,
    "batch_size": 4,
}


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(RECIPE))
    return str(path)


def test_a_weights_file_is_written_that_the_builder_takes(recipe, tmp_path, capsys):
    synthetic.write_videos(tmp_path / "videos", 4, frames=4, size=(32, 32))
    out = tmp_path / "new" / "model.weights.h5"
    assert main(["train", recipe, str(tmp_path / "videos"), "-o", str(out)]) == 0
    assert "2 classes, different, same" in capsys.readouterr().out
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    model = models.nl_c2d_small(weights=out, classes=2, variant="slowfast", blocks=1)
    assert model.output_shape == (None, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["RECIPE", "absent", "-o", "model.weights.h5"], "absent"),
        (["absent.json", "absent", "-o", "model.weights.h5"], "absent.json"),
        (["RECIPE", ".", "-o", "model.bin"], "must end in .weights.h5"),
    ],
)
def test_wrong_calls_end_with_one_line_and_status_2(arguments, message, recipe, capsys):
    arguments = [recipe if part == "RECIPE" else part for part in arguments]
    assert main(["train", *arguments]) == 2
    assert message in capsys.readouterr().err
