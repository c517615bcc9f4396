"""`keras-nonlocal train` trains by a recipe, and resumes by the same command."""

import json
import sys

import pytest
from training.video_files import write_squares

from keras_nonlocal.cli.main import main
from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.tasks.recipes import find_recipe
from keras_nonlocal.tasks.video_classification.task import VideoClassification
from keras_nonlocal.training.run_folder import RunFolder
from keras_nonlocal.utils.errors import TrainingStopped

RECIPE = {
    "task": "video_classification",
    "builder": "nl_c2d_small",
    "num_frames": 2,
    "frame_stride": 2,
    "size": [24, 24],
    "arguments": {"variant": "slowfast", "blocks": 1},
    "epochs": 1,
    "batch_size": 4,
    "test_num_clips": 1,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with videos and a recipe."""
    folder = tmp_path_factory.mktemp("place")
    write_squares(folder / "videos", 8)
    (folder / "tiny.json").write_text(json.dumps(RECIPE))
    return folder


@pytest.fixture
def call(place, monkeypatch):
    """The command, in that folder."""
    monkeypatch.chdir(place)
    return lambda *arguments: main(["train", *map(str, arguments)])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def test_set_changes_the_recipe_and_a_finished_run_is_not_trained_again(call, runs, capsys):
    command = ("tiny.json", "--data", "videos", "--validation", "videos", "-o", runs / "one")
    command = (*command, "--set", "batch_size=2", "--set", "arguments.dropout=0.1")
    assert call(*command) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{runs / 'one'}: 2 classes, 1 epochs"
    assert (runs / "one" / "report.html").exists()
    run = read_run(runs / "one")
    assert (run.recipe.batch_size, run.recipe.arguments["dropout"]) == (2, 0.1)
    assert run.history[0]["step"] == 4
    assert "val_top1" in run.history[0]
    before = (runs / "one" / "checkpoint.npz").read_bytes()
    assert call(*command) == 0
    assert (runs / "one" / "checkpoint.npz").read_bytes() == before
    assert read_run(runs / "one").history == run.history


def test_dry_run_prints_the_plan_and_writes_nothing(call, place, capsys):
    before = sorted(place.rglob("*"))
    assert call("tiny.json", "--data", "videos", "--dry-run", "--set", "epochs=7") == 0
    page = capsys.readouterr().out
    assert "data           8 videos of 2 classes" in page
    assert "steps          14 in 7 epochs" in page
    assert "on this machine (" in page
    assert sorted(place.rglob("*")) == before


def test_the_name_of_a_builder_trains_with_numbers_from_the_videos(call, place, runs, capsys):
    changes = [f"--set={each}" for each in ("steps=1", "warmup=0", "batch_size=2")]
    assert call("c2d_small", "--data", "videos", "-o", runs / "named", *changes) == 0
    assert "1 epochs" in capsys.readouterr().out
    written = json.loads((runs / "named" / "recipe.json").read_text())
    assert written["num_frames"] == 16
    assert written["size"] == [32, 32]
    assert written["seconds"] == 0.28  # 7 frames at 25 in a second
    recipe = find_recipe("c2d_small").changed(steps=1, warmup=0, batch_size=2)
    again = VideoClassification(recipe, "videos")
    RunFolder(runs / "named", again.recipe, again.data)  # raises unless it can resume


def test_ctrl_c_prints_one_line(call, tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["keras_nonlocal.tasks.train"], "train", interrupted)
    command = ("tiny.json", "--data", "videos", "-o", tmp_path)
    assert call(*command) == 130
    assert capsys.readouterr().err == f"\nInterrupted {tmp_path}: nothing was saved.\n"
    (tmp_path / "checkpoint.npz").touch()
    assert call(*command) == 130
    assert "run the same command to resume from the last checkpoint" in capsys.readouterr().err
    monkeypatch.setattr(sys.modules["keras_nonlocal.tasks.train"], "plan_training", interrupted)
    assert call("tiny.json", "--data", "videos", "--dry-run") == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"


INVALID = {
    "recipe": (["nobody"], "There is no recipe 'nobody'. Expected the path of a JSON file"),
    "set": (["--set", "epochs"], "--set needs FIELD=VALUE, such as batch_size=8"),
    "field": (["--set", "epoch=3"], "`field of a recipe` must be one of"),
    "value": (["--set", "epochs=many"], "`epochs` must be of type int. Received: 'many'"),
    "argument": (["--set", "arguments.blcks=1"], "`arguments` must be arguments of nl_c2d_small"),
    "data": (["--data", "absent"], "absent"),
    "out": (["-o", "tiny.json"], "tiny.json"),
    "classes": (["--data", "videos/dark"], "The training videos must have labels"),
    "split": (["--split", "train"], "`split` must be None: there are no splits"),
    "steps": (
        ["--checkpoint-every-n-steps", "0"],
        "`checkpoint_every_n_steps` must be a positive integer",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), INVALID.values(), ids=INVALID)
def test_invalid_options_print_one_line_and_status_is_2(arguments, message, call, place, capsys):
    before = sorted(place.rglob("*"))
    recipe = [] if arguments[0] == "nobody" else ["tiny.json"]
    assert call(*recipe, "--data", "videos", *arguments) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1
    assert sorted(place.rglob("*")) == before


def test_stopped_training_prints_one_line_and_status_is_2(call, runs, capsys):
    changes = ("--set", "learning_rate=1e30", "--set", "epochs=9")
    assert issubclass(TrainingStopped, RuntimeError)
    assert call("tiny.json", "--data", "videos", "-o", runs / "two", *changes) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("keras-nonlocal: Training stopped after step")
    assert "the loss became nan. Try a lower `learning_rate`" in error


def test_damaged_video_in_a_dry_run_prints_one_line(call, tmp_path, capsys):
    videos = write_squares(tmp_path / "videos", 4)
    for path in videos.glob("*/*.mp4"):
        path.write_bytes(path.read_bytes()[:200])
    assert call("tiny.json", "--data", videos, "--dry-run") == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert line.startswith("keras-nonlocal: Cannot read")
    assert ".mp4" in line


def test_help_lists_the_recipes_of_the_package(call, capsys):
    with pytest.raises(SystemExit) as end:
        call("--help")
    assert end.value.code == 0
    assert "nl_i3d_r50_32x2" in capsys.readouterr().out
