"""Training from files: reproducible, and it learns; real video files, tiny ones."""

import numpy as np
import pytest

from keras_nonlocal.data import Clip, list_folder, read_clips, write_video
from keras_nonlocal.training import (
    Recipe,
    leave_one_group_out,
    train,
    training_clips,
    video_probabilities,
)

RECIPE = Recipe(
    builder="nl_i3d_small",
    frames=4,
    stride=1,
    size=(32, 32),
    arguments={"variant": "slowfast", "blocks": 1, "dropout": 0.0},
    speed=1.2,
    augmentation={"zoom": 1.1, "brightness": 10.0, "noise": 3.0},
    epochs=2,
    batch_size=4,
    test_clips=2,
)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Eight short videos, four each of a bright and of a dark square that move: easy to tell."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    for number in range(8):
        video = rng.normal(120, 10, (7, 32, 32, 3))
        for time, frame in enumerate(video):
            frame[8:24, 4 + 2 * time : 18 + 2 * time] += (90, -90)[number % 2]
        path = folder / ("bright", "dark")[number % 2] / f"{number}.mp4"
        write_video(path, video.clip(0, 255).astype("uint8"))
    return list_folder(folder)


@pytest.fixture(scope="module")
def trained(videos):
    return train(RECIPE, *videos, verbose=0)


def test_two_runs_with_one_seed_give_identical_weights(trained, videos):
    again = train(RECIPE, *videos, verbose=0)
    for one, other in zip(trained.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_gives_other_clips(videos):
    paths, labels, _ = videos
    seeds = (Recipe(**{**vars(RECIPE), "seed": seed}) for seed in (0, 0, 1))
    first, again, other = (next(iter(training_clips(r, paths, labels, 2)))[0] for r in seeds)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_clips_have_the_recipe_s_shape_and_one_hot_labels(videos):
    paths, labels, _ = videos
    clips, targets = next(iter(training_clips(RECIPE, paths, labels, 2)))
    assert clips.shape == (4, 4, 32, 32, 3)
    np.testing.assert_array_equal(np.sort(targets, axis=1), [[0, 1]] * 4)


def test_training_learns_what_holds_for_a_group_left_out(videos):
    paths, labels, class_names = videos
    recipe = Recipe(**{**vars(RECIPE), "epochs": 25})
    accuracies = leave_one_group_out(recipe, paths, labels, list("aabbaabb"), class_names)
    assert set(accuracies) == {"a", "b"}
    assert np.mean(list(accuracies.values())) > 0.8


def test_mirror_images_are_averaged_too(videos):
    class Stub:
        """Answers with the mean brightness of the left half."""

        def predict_on_batch(self, clips):
            return np.asarray(clips)[:, :, :, :16].mean(axis=(1, 2, 3, 4))[:, None]

    path = videos[0][0]
    plain = Recipe(**{**vars(RECIPE), "flip": False})
    clips = read_clips(path, Clip(4, size=(32, 32), clips=2)).astype("float64")
    prepared = (clips - RECIPE.mean[0]) / RECIPE.std[0]
    left, both = prepared[:, :, :, :16].mean(), prepared.mean()
    assert video_probabilities(Stub(), plain, path)[0] == pytest.approx(left, abs=1e-4)
    assert video_probabilities(Stub(), RECIPE, path)[0] == pytest.approx(both, abs=1e-4)


def test_probabilities_of_a_video_add_up_to_one(trained, videos):
    assert video_probabilities(trained, RECIPE, videos[0][0]).sum() == pytest.approx(1, abs=1e-5)


def test_saved_weights_hold_the_network_and_no_optimizer(trained, tmp_path):
    trained.save_weights(tmp_path / "model.weights.h5")
    assert (tmp_path / "model.weights.h5").stat().st_size < 1.2 * 4 * trained.count_params()


def test_a_label_without_a_class_is_refused(videos):
    with pytest.raises(ValueError, match=r"2 `class_names`.*Received: \[2\]"):
        train(RECIPE, videos[0], [2] * 8, videos[2])


def test_a_single_group_is_refused(videos):
    with pytest.raises(ValueError, match="at least two groups"):
        leave_one_group_out(RECIPE, *videos[:2], ["a"] * 8, videos[2])
