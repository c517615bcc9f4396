"""Metrics of the whole evaluation, of each class, and of pairs of classes."""

import numpy as np
import pytest
from report.example_scores import EVIL, many_classes, multi_label, scores

from keras_nonlocal.report import classification, confusion

ALL = "All evaluated classes, the best first"
PAIRS = "The most frequent confusions"


def axes_of(saved, title):
    (axes,) = (axes for figure in saved for axes in figure.axes if axes.get_title("left") == title)
    return axes


def test_accuracies_of_classes_are_sorted_with_the_best_first(report, saved):
    page = report(scores=scores())
    assert page.tables[ALL] == [
        ["Class", "Examples", "Accuracy"],
        ["bend", "1", "100.0 %"],
        ["jack", "3", "66.7 %"],
        ["run", "2", "50.0 %"],
    ]
    expected = "Accuracy of each class: from 100.0 % for bend to 50.0 % for run"
    assert page.alt("of each class") == expected
    axes = axes_of(saved, "Accuracy by class")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bend", "jack", "run"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([1, 2 / 3, 1 / 2])
    (mean,) = axes.get_lines()
    assert mean.get_xdata()[0] == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


def test_multi_label_videos_have_average_precisions(report):
    page = report(scores=multi_label())
    # In order of decreasing probability: bend is in 1; jack in 1, 2 and 5; run in 1 and 6.
    assert page.tables[ALL] == [
        ["Class", "Examples", "Average precision"],
        ["bend", "1", "100.0 %"],
        ["jack", "3", "86.7 %"],
        ["run", "2", "66.7 %"],
    ]
    _, (name, value, _) = page.tables["On all evaluated examples"]
    assert (name, value) == ("Mean average precision", "84.4 %")
    assert "Confusions" not in page.headings


def test_of_many_classes_the_best_and_worst_are_plotted_and_all_are_listed(report, saved):
    case = many_classes()
    page = report(scores=case)
    axes = axes_of(saved, "Accuracy by class")
    widths = [bar.get_width() for bar in axes.patches]
    assert len(widths) == classification.MAX_BARS
    guesses = case.probabilities.argmax(1)
    every = [
        float((guesses[case.targets == c] == c).mean()) for c in np.unique(case.targets).tolist()
    ]
    half = classification.MAX_BARS // 2
    assert widths == pytest.approx(sorted(every)[: -half - 1 : -1] + sorted(every)[:half][::-1])
    assert len(page.tables[ALL]) == 1 + len(every)
    without_examples = len(case.class_names) - len(every)
    assert f"Classes without an example: {without_examples}." in page.words
    axes = axes_of(saved, "Confusions")
    assert axes.get_xticks().size == axes.get_yticks().size == len(axes.texts) == 0
    assert axes.images[0].get_array().shape == (400, 400)
    _, *rows = page.tables[PAIRS]
    assert len(rows) == confusion.NUM_PAIRS
    for true, guess, *_ in rows:
        assert (int(true.split()[-1]) + 7) % 400 == int(guess.split()[-1])


def test_confused_pairs_match_a_direct_count():
    counts = np.random.default_rng(0).integers(0, 5, (7, 7))
    pairs = confusion.confused_pairs(counts, 100)
    assert len(pairs) == np.count_nonzero(counts) - np.count_nonzero(np.diag(counts))
    assert all(t != p and counts[t, p] == n > 0 for t, p, n in pairs)
    assert [n for *_, n in pairs] == sorted((n for *_, n in pairs), reverse=True)
    assert confusion.confused_pairs(counts, 3) == pairs[:3]


def test_the_confusion_matrix_and_the_confused_pairs(report, saved):
    page = report(scores=scores())
    assert page.tables[PAIRS] == [
        ["True class", "Predicted class", "Examples", "Of the true class"],
        ["jack", "bend", "1", "33.3 %"],
        ["run", "bend", "1", "50.0 %"],
    ]
    assert page.alt("Confusion matrix") == (
        "Confusion matrix of 3 classes: 4 of 6 examples on its diagonal"
    )
    axes = axes_of(saved, "Confusions")
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "1", (0, 1): "1", (1, 1): "2", (0, 2): "1", (2, 2): "1"}
    np.testing.assert_allclose(
        axes.images[0].get_array(), [[1, 0, 0], [1 / 3, 2 / 3, 0], [0.5, 0, 0.5]], rtol=1e-6
    )
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bend", "jack", "run"]


def test_a_page_without_confusions(report):
    case = scores(targets=np.array([0, 0, 1, 1, 2, 0]))
    page = report(scores=case)
    assert PAIRS not in page.tables
    assert "0 of 6 examples were assigned to a wrong class." in page.words


def test_class_names_are_not_parsed_as_formulas(report, saved):
    report(scores=scores(names=(EVIL, "$x$", "_run")))
    labels = axes_of(saved, "Accuracy by class").get_yticklabels()
    assert [label.get_text() for label in labels] == [EVIL[:29] + "…", "$x$", "_run"]
    assert not any(label.get_parse_math() for label in labels)


def test_the_results_are_metrics_with_confidence_intervals(report):
    headings, *rows = report(scores=scores()).tables["On all evaluated examples"]
    assert headings == ["Metric", "Value", "95 % interval"]
    metrics = {name: (value, between) for name, value, between in rows}
    assert metrics["Top-1"][0] == "66.7 %"
    assert metrics["Mean class accuracy"][0] == "72.2 %"
    low, high = (float(end.rstrip(" %")) for end in metrics["Top-1"][1].split(" to "))
    assert 0 <= low < 66.7 < high <= 100
