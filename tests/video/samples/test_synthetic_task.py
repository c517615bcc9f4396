import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonlocal.data.find_files import list_folder
from keras_nonlocal.video.decoding.read import read_clip
from keras_nonlocal.video.samples import synthetic_task

SMALL = {"num_frames": 16, "size": (32, 32)}


def _is_red(videos):
    return (videos[..., 0] > 180) & (videos[..., 1] < 100) & (videos[..., 2] < 100)


def _is_blue(videos):
    return (videos[..., 2] > 180) & (videos[..., 0] < 120) & (videos[..., 1] < 140)


def _colors(videos):
    """Whether the early and the late flash of each clip is red, by its pixels."""
    half = videos.shape[1] // 2
    early, late = _is_red(videos[:, :half]), _is_red(videos[:, half:])
    return early.any((1, 2, 3)), late.any((1, 2, 3))


@pytest.fixture(scope="module")
def rendered():
    return synthetic_task.render(400, **SMALL)


def test_the_class_is_whether_both_flashes_have_the_same_color(rendered):
    videos, labels, class_names = rendered
    early, late = _colors(videos)
    assert videos.shape == (400, 16, 32, 32, 3)
    assert videos.dtype == np.uint8
    assert class_names == ("different", "same")
    np.testing.assert_array_equal(labels == class_names.index("same"), early == late)


def test_a_single_flash_is_independent_of_the_class(rendered):
    videos, labels, _ = rendered
    for red in _colors(videos):
        for label in (0, 1):
            assert 0.4 < red[labels == label].mean() < 0.6


def test_a_linear_classifier_of_color_counts_has_at_most_75_percent_accuracy(rendered):
    videos, labels, _ = rendered
    evidence = np.sum(_colors(videos), axis=0)  # how many of the two are red
    right = [
        np.mean((evidence > cut) == (labels == wanted)) for cut in (-1, 0, 1) for wanted in (0, 1)
    ]
    assert 0.7 < max(right) < 0.8


@settings(max_examples=25, deadline=None)
@given(
    frames=st.integers(4, 40),
    size=st.tuples(st.integers(16, 60), st.integers(16, 60)),
    seed=st.integers(0, 99),
)
def test_the_flashes_are_a_third_of_the_frame_and_half_of_the_clip_apart(frames, size, seed):
    videos, *_ = synthetic_task.render(2, num_frames=frames, size=size, seed=seed)
    for video in videos:
        colored = np.argwhere(_is_red(video) | _is_blue(video))
        late = colored[:, 0] >= frames // 2
        first, second = colored[~late], colored[late]
        assert len(first)
        assert len(second)
        assert second[:, 0].min() - first[:, 0].max() > frames / 2
        for axis in (1, 2):
            apart = max(
                second[:, axis].min() - first[:, axis].max(),
                first[:, axis].min() - second[:, axis].max(),
            )
            assert apart > size[axis - 1] / 3


def test_a_clip_depends_only_on_its_index_and_the_seed():
    few, many = synthetic_task.render(3, **SMALL)[0], synthetic_task.render(5, **SMALL)[0]
    np.testing.assert_array_equal(few, many[:3])
    assert (few != synthetic_task.render(3, seed=1, **SMALL)[0]).any()
    one_by_one = [video for video, _ in synthetic_task.clips(3, **SMALL)]
    np.testing.assert_array_equal(few, one_by_one)


def test_four_colors_can_be_used():
    videos, *_ = synthetic_task.render(60, colors=4, **SMALL)
    green = (videos[..., 1] > 170) & (videos[..., 0] < 110) & (videos[..., 2] < 110)
    yellow = (videos[..., 1] > 170) & (videos[..., 0] > 190) & (videos[..., 2] < 110)
    for found in (_is_red(videos), _is_blue(videos), green, yellow):
        assert 10 < found.any((1, 2, 3)).sum() < 50


def test_a_dataset_shuffles_the_rendered_clips_in_training():
    videos, labels, _ = synthetic_task.render(6, **SMALL)
    plain = list(synthetic_task.dataset(6, batch_size=4, **SMALL))
    np.testing.assert_array_equal(np.concatenate([clips for clips, _ in plain]), videos)
    np.testing.assert_array_equal(np.concatenate([classes for _, classes in plain]), labels)

    training = synthetic_task.dataset(6, batch_size=6, training=True, **SMALL)
    assert training.element_spec[0].shape == (None, 16, 32, 32, 3)
    first, second = next(iter(training))[0].numpy(), next(iter(training))[0].numpy()
    assert (first != second).any()
    assert sorted(first.sum((1, 2, 3, 4))) == sorted(videos.sum((1, 2, 3, 4)))


def test_written_videos_still_show_the_class(tmp_path):
    written = synthetic_task.write_videos(tmp_path, 12, **SMALL)
    paths, labels, class_names = list_folder(tmp_path)
    assert sorted(written) == sorted(paths)
    assert class_names == sorted(synthetic_task.CLASS_NAMES)
    early, late = _colors(np.stack([read_clip(path, num_frames=16) for path in paths]))
    same = np.array([class_names[label] == "same" for label in labels])
    np.testing.assert_array_equal(early == late, same)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_clips": 0}, "`num_clips`"),
        ({"num_frames": 3}, "at least 4 frames"),
        ({"size": (15, 32)}, "at least 4 frames of 16 x 16"),
        ({"size": (32,)}, "`size`"),
        ({"colors": 1}, "`colors`"),
        ({"colors": 5}, "`colors`"),
    ],
)
def test_an_argument_out_of_range_raises(wrong, message):
    with pytest.raises(ValueError, match=message):
        synthetic_task.render(**{"num_clips": 2, **wrong})


def test_writing_an_odd_size_raises(tmp_path):
    with pytest.raises(ValueError, match="even height and width"):
        synthetic_task.write_videos(tmp_path, 1, size=(33, 32))
