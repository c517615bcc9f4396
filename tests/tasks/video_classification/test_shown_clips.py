"""Contact sheets of a recipe show the clips of its training, and where a video starts again."""

import matplotlib.image
import numpy as np
import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.tasks.video_classification import shown_clips
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.tasks.video_classification.shown_clips import draw_training_clips
from keras_nonlocal.tasks.video_classification.task import VideoClassification
from keras_nonlocal.training.recipe_files import write_recipe
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.shards.writing import write_shards
from keras_nonlocal.video.stream import stream_indices

pytestmark = pytest.mark.usefixtures("shallow_networks")

RECIPE = VideoRecipe(
    "c2d_small", num_frames=4, frame_stride=3, size=(32, 32), steps=1, batch_size=2, seed=3
)
LENGTHS = (12, 5, 9, 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four videos whose gray level is 20 times the index of the frame."""
    folder = tmp_path_factory.mktemp("gray")
    for number, frames in enumerate(LENGTHS):
        video = np.full((frames, 32, 32, 3), 20, "uint8") * np.arange(frames)[:, None, None, None]
        write_video(folder / "ab"[number % 2] / f"{number}.mp4", video.astype("uint8"), fps=10)
    return folder


def red(path):
    """The rows of pixels in which the sheet has a red line."""
    image = np.rint(255 * matplotlib.image.imread(path)[..., :3]).astype(int)
    return (abs(image - [208, 0, 0]).sum(axis=-1) < 30).any(axis=1)


@pytest.mark.parametrize(
    "changes",
    [{}, {"seconds": 1.0, "frame_stride": 1}, {"seed": 8}],
    ids=["frames", "clock", "seed"],
)
def test_the_indices_are_those_of_the_clips_of_the_training(folder, changes):
    task = VideoClassification(RECIPE.changed(**changes), folder)
    clip, seed = task.recipe.training_clip, task.recipe.seed
    indices = stream_indices(task.videos, clip=clip, count=6, batch_size=2, seed=seed)
    videos = np.concatenate([clips for clips, _ in task.batches().take(3)])
    gray = (videos * 57.375 + 114.75).mean(axis=(2, 3, 4))
    np.testing.assert_array_equal(np.rint(gray / 20), indices)


def test_a_clip_that_wraps_has_a_red_line(folder, tmp_path):
    drawn = draw_training_clips(RECIPE, folder, tmp_path / "sheet.png")
    assert (drawn.clips, drawn.wrapped) == (4, 2)  # a clip spans ten frames
    assert "2 of them wrap round: a red line" in drawn.text
    rows = red(tmp_path / "sheet.png")
    assert np.sum(np.diff(rows.astype(int)) == 1) in (1, 2)  # one below the other make one line
    assert 0.3 < rows.mean() < 0.6
    drawn = draw_training_clips(RECIPE.changed(frame_stride=1), folder, tmp_path / "sheet.png")
    assert drawn.wrapped == 0
    assert "None of them wraps round" in drawn.text
    assert not red(tmp_path / "sheet.png").any()


def test_the_sheet_shows_what_the_network_gets(folder, tmp_path, monkeypatch):
    """Augmented and preprocessed, of the first batches."""
    seen = []

    def look(videos, path, *, num_clips, **_):
        seen.append(np.concatenate([clips for clips, _ in videos.take(2)])[:num_clips])
        return num_clips

    monkeypatch.setattr(shown_clips, "contact_sheet", look)
    recipe = RECIPE.changed(
        subtract_previous_frame=True, augmentation=({"layer": "RandomFlip", "p": 1.0},)
    )
    draw_training_clips(recipe, folder, tmp_path / "sheet.png", num_clips=3)
    expected = np.concatenate(
        [clips for clips, _ in VideoClassification(recipe, folder).batches().take(2)]
    )
    np.testing.assert_array_equal(seen[0], expected[:3])


def test_shards_are_drawn_without_marks(folder, tmp_path):
    write_shards(folder, tmp_path / "shards", short_side=32, num_processes=1)
    drawn = draw_training_clips(RECIPE, tmp_path / "shards", tmp_path / "sheet.png")
    assert (drawn.clips, drawn.wrapped) == (4, None)
    assert "Shards do not tell" in drawn.text
    with pytest.raises(ValueError, match="`source` must be video files: shards"):
        stream_indices(tmp_path / "shards", clip=RECIPE.training_clip, count=2)


def test_the_command_draws_a_recipe(folder, tmp_path, capsys):
    recipe, sheet = tmp_path / "recipe.json", tmp_path / "sheet.png"
    write_recipe(RECIPE, recipe)
    command = ["data", "show", str(folder), "--recipe", str(recipe), "-o", str(sheet)]
    assert main([*command, "--num-clips", "3"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{sheet}: 3 clips"
    assert "wrap" in second
    for options, message in [
        (["--size", "64", "--augment"], "Leave out --size, --augment."),
        (["--recipe", "camvid_cpu"], "must be a recipe of the task 'video_classification'"),
        (["--num-clips", "0"], "`num_clips` must be a positive integer"),
    ]:
        assert main([*command, *options]) == 2
        assert message in capsys.readouterr().err
