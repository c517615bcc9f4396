"""`keras-nonlocal data show` draws clips, and reports videos that cannot be read."""

import matplotlib.image
import numpy as np
import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.samples import synthetic_task

SMALL = ["--num-frames", "4", "--frame-stride", "1", "--size", "32"]


@pytest.fixture
def folder(tmp_path):
    synthetic_task.write_videos(tmp_path / "videos", 6, size=(32, 32))
    return tmp_path / "videos"


def test_image_has_the_requested_number_of_clips(folder, tmp_path, capsys):
    sheet = tmp_path / "sheet.png"
    assert main(["data", "show", str(folder), "-o", str(sheet), *SMALL, "--num-clips", "2"]) == 0
    assert capsys.readouterr().out == f"{sheet}: 2 clips\n"
    two = matplotlib.image.imread(sheet).shape
    assert main(["data", "show", str(folder), "-o", str(sheet), *SMALL]) == 0
    six = matplotlib.image.imread(sheet).shape
    assert six[0] > 2.5 * two[0]
    assert six[1] == two[1]


def test_seed_chooses_clips_from_all_classes(tmp_path):
    for index in range(40):
        video = np.full((4, 32, 32, 3), 5 * index, "uint8")
        write_video(tmp_path / "all" / f"class_{index:02d}" / "a.mp4", video)

    def levels(seed):
        sheet = tmp_path / "sheet.png"
        options = [*SMALL, "--num-clips", "5", "--seed", seed]
        assert main(["data", "show", str(tmp_path / "all"), "-o", str(sheet), *options]) == 0
        column = np.round(255 * matplotlib.image.imread(sheet)[..., 0])[:, -100]
        values, counts = np.unique(column, return_counts=True)
        return set(values[counts > 100]) - {255}

    assert len(levels("0")) == 5
    assert max(levels("0")) - min(levels("0")) > 60
    assert levels("0") == levels("0") != levels("1")


def test_augment_changes_the_clips(folder, tmp_path):
    for name, options in (("plain", []), ("changed", ["--augment"])):
        sheet = str(tmp_path / f"{name}.png")
        assert main(["data", "show", str(folder), "-o", sheet, *SMALL, *options]) == 0
    plain, changed = (matplotlib.image.imread(tmp_path / f"{n}.png") for n in ("plain", "changed"))
    assert plain.shape == changed.shape
    assert abs(plain - changed).mean() > 0.01


def test_clips_of_shards_are_drawn(folder, tmp_path, capsys):
    out = str(tmp_path / "shards")
    assert (
        main(["data", "shard", str(folder), out, "--short-side", "32", "--num-processes", "1"]) == 0
    )
    assert (
        main(["data", "show", out, "-o", str(tmp_path / "a.png"), *SMALL, "--num-clips", "5"]) == 0
    )
    assert "a.png: 5 clips" in capsys.readouterr().out


def test_unreadable_files_are_counted_and_the_others_drawn(folder, tmp_path, capsys):
    next(folder.rglob("*.mp4")).write_text("no video")
    assert main(["data", "show", str(folder), "-o", str(tmp_path / "a.png"), *SMALL]) == 1
    output = capsys.readouterr()
    assert "a.png: 5 clips" in output.out
    assert "1 of 6 videos cannot be read. Run `keras-nonlocal data scan`" in output.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "sheet.jpg"], "must end in .png. Received: sheet.jpg"),
        (["-o", "sheet.png", "--num-frames", "0"], "`num_frames` must be a positive integer"),
        (["-o", "sheet.png", "--num-clips", "0"], "`num_clips` must be a positive integer"),
        (["-o", "sheet.png", "--split", "night"], "night"),
    ],
)
def test_invalid_options_print_one_line_and_status_is_2(folder, options, message, capsys):
    assert main(["data", "show", str(folder), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1
