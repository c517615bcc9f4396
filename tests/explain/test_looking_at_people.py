"""The block and the query that `predict --explain` uses look at the person, not at the wall."""

from pathlib import Path

import numpy as np
import pytest

from keras_nonlocal import explain, zoo
from keras_nonlocal.video.decoding.read import iterate_frames
from keras_nonlocal.video.motion_crop import crop_along, path_of
from keras_nonlocal.video.samples.sample_video import jumping_jacks

CLIPS = Path(__file__).resolve().parents[2].parent / "shared/data/weizmann"
MOVES = 25  # gray levels between a pixel and the background, which is the median over the video


@pytest.fixture(scope="module")
def classifier():
    return zoo.load("nl_i3d_small_weizmann")


def shares(classifier, video):
    """The share of the attention of 20 positions that is on what moves, and that of the frame."""
    background = np.median(video.astype("float32"), axis=0)
    moves = np.abs(video.astype("float32") - background).max(axis=-1, keepdims=True) > MOVES
    clips = classifier.read(video)
    middle = clips[len(clips) // 2][None]
    maps = classifier.read(np.repeat(np.uint8(255) * moves, 3, axis=-1))[len(clips) // 2][None]
    pixels = middle.astype("float32")
    path = path_of(np.abs(pixels - pixels.mean(axis=1, keepdims=True)))
    size = classifier.clip.track_motion
    seen = crop_along(maps.astype("float32"), path, size).numpy()[0, ..., 0] > 127
    found = explain.top_positions(
        classifier.model, classifier.preprocess(middle), k=20, other_frames=True
    )
    on_motion = [fraction(seen, center) for center in found.pixels.centers(found.positions[0, 0])]
    return np.average(on_motion, weights=found.weights[0, 0]), seen.mean()


def fraction(seen, center):
    """The fraction of the two frames of eight by eight pixels of a cell that moves."""
    t, y, x = np.ceil(center - (1, 4, 4)).astype(int)
    return seen[max(t, 0) : t + 2, max(y, 0) : y + 8, max(x, 0) : x + 8].mean()


def test_the_picture_of_the_sample_is_about_the_person(classifier):
    attention, frame = shares(classifier, jumping_jacks())
    assert attention >= 2 * frame


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason="needs the clips in ../shared/data/weizmann")
def test_attention_over_sixty_clips_is_at_least_twice_as_often_on_what_moves(classifier):
    videos = [np.stack([f for _, f in iterate_frames(path)]) for path in CLIPS.glob("*/*.avi")]
    attention, frame = np.mean([shares(classifier, video) for video in videos], axis=0)
    print(f"{attention:.3f} of the attention, {frame:.3f} of the frame")
    assert len(videos) == 60
    assert attention >= 2 * frame
