"""Samples: which videos are shown, with which frames and captions."""

import io
import os

import numpy as np
import pytest
from PIL import Image
from report.example_scores import PROBABILITIES, multi_label, scores

from keras_nonlocal.tasks.video_classification.report_samples import choose_samples


def captions(page):
    lines = [line for line in page.words.split("\n") if line.startswith(("Right:", "Wrong:"))]
    return [line.rsplit(" ", 1)[0] for line in lines]


CHOSEN = {
    1: [0],
    2: [0, 1],
    3: [0, 2, 1],
    4: [0, 2, 1, 5],
    5: [0, 2, 3, 1, 5],
    50: [0, 2, 3, 4, 1, 5],
}


@pytest.mark.parametrize("count", CHOSEN)
def test_the_most_confident_predictions_are_chosen_half_of_them_wrong(count):
    assert choose_samples(scores(), count) == CHOSEN[count]


def test_right_predictions_replace_missing_wrong_ones():
    right = scores(targets=PROBABILITIES.argmax(1))
    assert choose_samples(right, 4) == [0, 2, 1, 3]
    wrong = scores(targets=(PROBABILITIES.argmax(1) + 1) % 3)
    assert choose_samples(wrong, 4) == [0, 2, 1, 3]


def test_a_multi_label_video_is_right_if_the_prediction_is_one_of_its_classes():
    assert choose_samples(multi_label(), 6) == [0, 2, 3, 4, 1, 5]


def test_each_sample_shows_its_class_and_the_most_probable_classes(report, videos, saved):
    page = report(scores=scores(videos), samples=3)
    assert captions(page) == ["Right: bend", "Right: jack", "Wrong: jack taken for bend"]
    bars = [bar["style"] for bar in page.soup.select("span.bar")]
    assert bars[:3] == ["width:90.0%", "width:6.0%", "width:4.0%"]
    for words in ("bend90.0 %", "jack6.0 %", "run4.0 %"):
        assert words in page.words.replace("\n", "")
    (figure,) = (figure for figure in saved if len(figure.axes) == 6)
    titles = [axes.get_title("left") for axes in figure.axes if axes.images]
    assert titles == ["Right: bend", "Right: jack", "Wrong: jack taken for bend"]


def test_frames_are_spread_from_the_first_to_the_last(report, videos):
    page = report(scores=scores(videos), samples=3)
    strip = np.asarray(Image.open(io.BytesIO(page.image_bytes("right: bend"))).convert("L"), float)
    height, width = strip.shape
    assert (height, width) == (160, 4 * 213 + 3 * 4)
    levels = [strip[:, n * 217 + 20 : n * 217 + 190].mean() for n in range(4)]
    assert levels == pytest.approx([20, 80, 140, 200], abs=5)


def test_captions_of_several_and_no_true_classes(report, videos):
    page = report(scores=multi_label(videos))
    assert captions(page)[0] == "Right: bend, run"
    assert captions(page)[-1] == "Wrong: no class taken for bend"


def test_missing_and_damaged_videos_are_skipped_and_named(report, videos, tmp_path):
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(b"no video")
    paths = ["/gone/first.mp4", *videos[1:5], damaged]
    page = report(scores=scores(paths))
    assert len(captions(page)) == 4
    assert "/gone/first.mp4 is left out: there is no such file" in page.words
    assert f"{damaged} is left out: " in page.words
    assert "samples.png" in os.listdir(page.path.parent)


def test_without_any_file_there_is_no_plot_of_samples(report):
    page = report(scores=scores())
    assert captions(page) == []
    assert page.words.count("is left out") == 6
    assert "samples.png" not in os.listdir(page.path.parent)
