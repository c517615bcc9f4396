"""Clips that are longer than their video are counted, and said in the plan of a run."""

import pytest
from training.video_files import write_squares

from keras_nonlocal.tasks.train import plan_training
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.tasks.video_classification.video_facts import VideoFacts
from keras_nonlocal.tasks.video_classification.wrapping import length_line, wrapped_share, wraps
from keras_nonlocal.video.clip_spec import ClipSpec


def facts(*frames, fps=25.0):
    return [VideoFacts(each, fps, 60, 80) for each in frames]


def test_the_video_starts_again_where_an_index_is_smaller_than_the_one_before():
    assert wraps([0, 1, 2, 0, 1, 2, 0]) == [3, 6]
    assert wraps([3, 3, 4, 4]) == []
    assert wraps([7]) == []


@pytest.mark.parametrize(
    ("clip", "frames", "share"),
    [
        (ClipSpec(8), (7, 8, 9, 30), 0.25),
        (ClipSpec(8, frame_stride=3), (21, 22), 0.5),
        (ClipSpec(10, seconds_between_frames=0.1), (22, 23, 24, 50), 0.25),
        (ClipSpec(8, sampling="slowfast"), (3,), 0),  # it repeats the last frame
        (ClipSpec(9, seconds_between_frames=0.1, past_end="repeat_last"), (5,), 0),
        (ClipSpec(4), (1,), 0),  # the same frame over and over
    ],
)
def test_clips_of_short_videos_wrap(clip, frames, share):
    assert wrapped_share(clip, facts(*frames)) == share


def test_the_line_says_the_length_of_a_clip():
    by_clock = ClipSpec(10, seconds_between_frames=0.1)
    assert (
        length_line(by_clock, facts(50))
        == "1 seconds of the video, and 0 % of the clips wrap round"
    )
    assert length_line(ClipSpec(8, 3), facts(5, 50)) == (
        "22 frames of the video, and 50 % of the clips wrap round: their video is shorter"
    )


def test_a_plan_names_the_share_of_clips_that_wrap(tmp_path):
    write_squares(tmp_path, 4)  # 7 frames
    recipe = VideoRecipe("c2d_small", 4, 3, (24, 24), steps=1, arguments={"variant": "slowfast"})
    page = str(plan_training(recipe, tmp_path, measure=False))
    assert "length         10 frames of the video, and 100 % of the clips wrap round" in page
    page = str(plan_training(recipe.changed(frame_stride=2), tmp_path, measure=False))
    assert "length         7 frames of the video, and 0 % of the clips wrap round" in page
