"""The rows, texts and pixels of a contact sheet."""

import os

import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure

from keras_nonlocal.video.contact_sheets import contact_sheet

COLORS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], "uint8")


def one_color_each(frames=6, size=(24, 32)):
    """A clip for each of `COLORS`; its last frame is brighter."""
    videos = np.broadcast_to(COLORS[:, None, None, None], (3, frames, *size, 3)).copy()
    videos[:, -1] += 55
    return videos


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draws a sheet; returns the image that was written, `(H, W, 3)`, and its texts."""
    texts = []
    save = Figure.savefig

    def record_texts(figure, *args, **kwargs):
        texts.append([text.get_text() for text in figure.texts])
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", record_texts)

    def draw_sheet(videos, **options):
        count = contact_sheet(videos, tmp_path / "new" / "sheet.png", **options)
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["sheet.png"]
        image = matplotlib.image.imread(tmp_path / "new" / "sheet.png")
        assert any(text.startswith(f"{count} clip") for text in texts[-1])
        return np.round(image[..., :3] * 255).astype("uint8"), texts[-1]

    return draw_sheet


def positions_of(image, color):
    """The rows and columns of pixels that have about this color."""
    return np.nonzero((abs(image.astype(int) - color) < 6).all(axis=-1))


def test_each_clip_is_a_row_of_frames_from_left_to_right(draw):
    image, _ = draw(one_color_each(), num_frames=3)
    bands = [positions_of(image, color)[0] for color in COLORS]
    assert bands[0].max() < bands[1].min() <= bands[1].max() < bands[2].min()
    for color in COLORS:
        frames, last = positions_of(image, color)[1], positions_of(image, color + 55)[1]
        assert frames.max() < last.min()
        assert len(frames) == pytest.approx(2 * len(last), rel=0.02)


def test_frames_are_spread_from_the_first_to_the_last(draw):
    _, texts = draw(one_color_each(frames=31), num_frames=4)
    shown = [text for text in texts if text.startswith("frame")]
    assert shown == ["frame 0", "frame 10", "frame 20", "frame 30"]
    assert "3 clips of 31 frames, 24 x 32" in texts


def test_a_clip_shorter_than_the_row_shows_all_frames(draw):
    _, texts = draw(one_color_each(frames=2), num_frames=8)
    assert [text for text in texts if text.startswith("frame")] == ["frame 0", "frame 1"]


LABELS = [
    (np.array([2, 0, 1]), ["walk", "bend", "run"]),
    (np.array([[2], [0], [1]]), ["walk", "bend", "run"]),
    (np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]]), ["bend", "run\nwalk", "none"]),
    (
        np.array([[0.3, 0.7, 0], [0, 1, 0], [0.2, 0.2, 0.6]], "float32"),
        ["run 0.70\nbend 0.30", "run", "walk 0.60\nbend 0.20\nrun 0.20"],
    ),
]


@pytest.mark.parametrize(("labels", "expected"), LABELS)
def test_class_names_and_weights_of_mixed_labels_are_beside_the_clips(draw, labels, expected):
    _, texts = draw((one_color_each(), labels), class_names=["bend", "run", "walk"])
    assert [text for text in texts if text in expected] == expected


def test_without_class_names_class_indices_are_shown(draw):
    assert "7" in draw((one_color_each(), np.array([5, 6, 7])))[1]
    _, texts = draw((one_color_each(),))
    assert not [text for text in texts if text and "frame" not in text]


def test_long_names_are_wrapped_and_many_names_are_shortened(draw):
    names = ["playing the accordion in the rain with others", *"abcdefgh"]
    label = np.full((3, 9), 1 / 9)
    label[0] = np.eye(9)[0]
    _, texts = draw((one_color_each(), label), class_names=names)
    assert "and 5 more" in "".join(texts)
    _, texts = draw((one_color_each(), np.array([0, 1, 2])), class_names=names)
    assert "playing the\naccordion in the\nrain with others" in texts


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (lambda x: x.astype("float32"), ""),
        (lambda x: (x / 255).astype("float32"), ""),
        (lambda x: tf.cast(x / 255, "bfloat16"), ""),
        (lambda x: ((x - 114.75) / 57.375).astype("float32"), "-2 to 2.44 shown as black to white"),
    ],
)
def test_floating_point_and_normalized_values_give_the_same_image(draw, values, note):
    videos = one_color_each()
    as_bytes, _ = draw(videos)
    image, texts = draw(values(videos))
    assert any(note in text for text in texts)
    below = slice(60, None)  # the heading differs
    difference = image[below, : as_bytes.shape[1]].astype(int) - as_bytes[below]
    assert abs(difference).max() <= 2


def test_a_dataset_is_read_only_as_far_as_needed_and_gives_class_names(draw):
    seen = []

    def batches():
        for index in range(100):
            seen.append(index)
            yield one_color_each()[:2], np.array([0, 1])

    spec = (tf.TensorSpec((None, 6, 24, 32, 3), "uint8"), tf.TensorSpec((None,), "int64"))
    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
    dataset.class_names = ("bend", "run")
    _, texts = draw(dataset, num_clips=3)
    assert [text for text in texts if text in ("bend", "run")] == ["bend", "run", "bend"]
    assert len(seen) < 10


def test_clips_of_different_sizes_keep_their_aspect_ratio(draw):
    wide, tall = one_color_each(size=(20, 40))[:1], one_color_each(size=(40, 20))[1:2]
    image, texts = draw([(wide,), (tall,)], num_frames=2)
    assert "2 clips of different sizes" in texts
    for color, aspect in ((COLORS[0], 2), (COLORS[1], 0.5)):
        rows, columns = positions_of(image, color)
        assert np.ptp(columns) / np.ptp(rows) == pytest.approx(aspect, rel=0.05)


@pytest.mark.parametrize(
    ("videos", "options", "message"),
    [
        (
            np.zeros((2, 3, 8, 8), "uint8"),
            {},
            r"`videos` must be .* Received: shape=\(2, 3, 8, 8\)",
        ),
        (np.zeros((2, 3, 8, 8, 1), "uint8"), {}, "`videos` must be batches of clips"),
        ([], {}, "at least one clip"),
        ((one_color_each(), np.array([0, 1, 2])), {"class_names": ["a", "b"]}, "of class 2"),
        (one_color_each(), {"num_frames": 0}, "`num_frames` must be a positive integer"),
        (one_color_each(), {"num_clips": 0}, "`num_clips` must be a positive integer"),
    ],
)
def test_wrong_arguments_raise(tmp_path, videos, options, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(videos, tmp_path / "sheet.png", **options)
    assert not list(tmp_path.iterdir())


def test_class_names_are_not_parsed_as_formulas(draw):
    videos = (one_color_each(), np.array([0, 1, 0]))
    _, texts = draw(videos, class_names=["$run_$", "a_b^c"])
    assert {"$run_$", "a_b^c"} <= set(texts)


def test_float_labels_of_one_class_are_probabilities(draw):
    _, texts = draw((one_color_each(), np.array([[1.0], [0.0], [1.0]])), class_names=["run"])
    assert texts.count("run") == 2


def test_class_names_that_are_not_utf_8_are_drawn_escaped(draw):
    name = os.fsdecode(b"caf\xe9")
    _, texts = draw((one_color_each(), np.array([0, 0, 0])), class_names=[name])
    assert texts.count("caf\\udce9") == 3
