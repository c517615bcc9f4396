"""Training clips of a recipe equal the frames of the videos, with targets."""

import av
import numpy as np
import pytest
from training.video_files import CLASSES, write_squares

from keras_nonlocal.tasks.video_classification.data import training_clips
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe

RECIPE = VideoRecipe(
    "nl_c2d_small", num_frames=4, frame_stride=2, size=(32, 32), epochs=1, batch_size=3
)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Six videos of 7 frames, exactly the span of a clip of the recipe."""
    return write_squares(tmp_path_factory.mktemp("videos"), 6)


@pytest.fixture(scope="module")
def labeled(videos):
    """Each file with its labels; some have both classes."""
    labels = [["bright"], ["dark"], ["bright", "dark"]]
    paths = sorted(videos.glob("*/*.mp4"))
    return [(path, labels[number % 3]) for number, path in enumerate(paths)]


def first(recipe, source, **options):
    clips, rows = next(iter(training_clips(recipe, source, **options)))
    return clips.numpy(), rows.numpy()


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_clips_without_augmentation_are_the_preprocessed_frames(videos):
    mean, std = (10.0, 20.0, 30.0), (50.0, 60.0, 70.0)
    clips, rows = first(RECIPE.changed(batch_size=6, mean=mean, std=std), videos)
    expected = {
        label: [
            (np.float64(frames_of(path)[::2]) - mean) / std
            for path in sorted((videos / name).glob("*.mp4"))
        ]
        for label, name in enumerate(CLASSES)
    }
    for clip, row in zip(clips, rows, strict=True):  # each video once, in any order
        remaining = expected[int(row.argmax())]
        distances = [np.abs(clip - each).max() for each in remaining]
        assert min(distances) < 1e-5
        del remaining[int(np.argmin(distances))]


def test_batches_have_the_shape_of_the_recipe_and_one_hot_targets(videos):
    clips, rows = first(RECIPE.changed(size=(24, 28), num_frames=3), videos)
    assert (clips.shape, clips.dtype) == ((3, 3, 24, 28, 3), np.float32)
    assert (rows.shape, rows.dtype) == ((3, 2), np.float32)
    np.testing.assert_array_equal(np.sort(rows, axis=1), [[0, 1]] * 3)


def test_augmentation_and_track_motion_determine_the_size(videos):
    augmentation = ({"layer": "MultiScaleCrop", "size": 24},)
    recipe = RECIPE.changed(size=None, augmentation=augmentation)
    assert first(recipe, videos)[0].shape == (3, 4, 24, 24, 3)
    recipe = RECIPE.changed(subtract_mean_frame=True, track_motion=(16, 20))
    assert first(recipe, videos)[0].shape == (3, 4, 16, 20, 3)


def test_dataset_has_class_names_and_number_of_videos(videos):
    stream = training_clips(RECIPE, videos)
    assert (stream.class_names, stream.videos) == (CLASSES, 6)


def test_targets_of_multi_label_videos_are_multi_hot(labeled):
    _, rows = first(RECIPE.changed(multi_label=True, batch_size=6), labeled)
    assert sorted(rows.tolist()) == [[0, 1]] * 2 + [[1, 0]] * 2 + [[1, 1]] * 2


def test_single_label_videos_train_a_multi_label_recipe(videos):
    _, rows = first(RECIPE.changed(multi_label=True), videos)
    np.testing.assert_array_equal(rows.sum(axis=1), [1, 1, 1])


def test_targets_of_mixed_clips_are_mixed(videos):
    augmentation = ({"layer": "MixUp", "alpha": 5.0, "classes": 2},)
    _, rows = first(RECIPE.changed(batch_size=6, augmentation=augmentation), videos)
    np.testing.assert_allclose(rows.sum(axis=1), np.ones(6), atol=1e-6)
    assert ((rows > 0.01) & (rows < 0.99)).any()


def test_seed_determines_the_clips(videos):
    recipe = RECIPE.changed(
        num_frames=2, augmentation=({"layer": "RandomNoise", "deviation": 5.0},)
    )
    clips, rows = first(recipe, videos)
    again, same = first(recipe, videos)
    np.testing.assert_array_equal(clips, again)
    np.testing.assert_array_equal(rows, same)
    assert np.abs(clips - first(recipe.changed(seed=1), videos)[0]).max() > 0.01


def test_dataset_that_starts_later_continues_the_same_batches(videos):
    batches = iter(training_clips(RECIPE, videos))
    next(batches), next(batches)
    clips, rows = first(RECIPE, videos, first=2)
    third_clips, third_rows = next(batches)
    np.testing.assert_array_equal(clips, third_clips)
    np.testing.assert_array_equal(rows, third_rows)


def test_unlabeled_videos_are_an_error(videos):
    with pytest.raises(ValueError, match=r"must have labels.*Received: videos without labels"):
        training_clips(RECIPE, videos / "bright")


def test_multi_label_videos_need_a_multi_label_recipe(labeled):
    with pytest.raises(ValueError, match=r"Set `multi_label` of the recipe to true"):
        training_clips(RECIPE, labeled)
