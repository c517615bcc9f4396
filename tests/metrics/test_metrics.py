"""Figures of scores against loops and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from keras_nonlocal.metrics import (
    Scores,
    average_precisions,
    bootstrap_interval,
    confusion,
    per_class_accuracy,
    summary,
    top_k,
)
from keras_nonlocal.metrics.metrics import mean_average_precision, view_top_k


def single(videos=40, classes=7, views=3, seed=0):
    """Scores of videos of one class each; coarse, so that many classes are equally likely."""
    rng = np.random.default_rng(seed)
    of_views = rng.integers(0, 5, (videos, views, classes)) / 8
    targets = rng.integers(0, classes - 1, videos)  # the last class has no video
    ranks = [[order(p).index(t) for p in video] for video, t in zip(of_views, targets, strict=True)]
    return Scores(
        tuple(f"{i}.mp4" for i in range(videos)),
        tuple("abcdefghij"[:classes]),
        targets,
        of_views.mean(axis=1).astype("float32"),
        np.array(ranks, "int32"),
    )


def several(videos=30, classes=4, seed=0):
    """Scores of videos of several classes; none shows the last."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((videos, classes)) < 0.3).astype("float32")
    targets[:, -1] = 0
    probabilities = rng.integers(0, 8, (videos, classes)).astype("float32") / 8
    names = tuple("abcdefghij"[:classes])
    return Scores(tuple(f"{i}.mp4" for i in range(videos)), names, targets, probabilities)


def order(probabilities):
    """Class numbers, likeliest first; of equals, lower numbers first."""
    return sorted(range(len(probabilities)), key=lambda c: (-probabilities[c], c))


def share(values):
    return sum(values) / len(values)


@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_top_k_of_videos_counts_the_true_class_among_the_first_k(k):
    scores = single()
    pairs = zip(scores.probabilities, scores.targets, strict=True)
    assert top_k(scores, k) == pytest.approx(share([t in order(p)[:k] for p, t in pairs]))


@pytest.mark.parametrize("k", [1, 5])
def test_top_k_of_clips_counts_each_view(k):
    scores = single()
    assert view_top_k(scores, k) == pytest.approx(
        share([r < k for row in scores.ranks for r in row])
    )


def test_a_confusion_counts_true_against_predicted():
    scores = single()
    counts = np.zeros((7, 7), int)
    for p, target in zip(scores.probabilities, scores.targets, strict=True):
        counts[target, order(p)[0]] += 1
    np.testing.assert_array_equal(confusion(scores), counts)


def test_accuracy_of_a_class_is_of_its_videos_and_nan_without_any():
    scores = single()
    accuracies = per_class_accuracy(scores)
    for label in range(6):
        of_class = [i for i, target in enumerate(scores.targets) if target == label]
        right = [order(scores.probabilities[i])[0] == label for i in of_class]
        assert accuracies[label] == pytest.approx(share(right))
    assert np.isnan(accuracies[6])
    assert summary(scores)["mean_class_accuracy"] == pytest.approx(np.mean(accuracies[:6]))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_scikit_learn_with_ties(seed):
    scores = several(seed=seed)
    expected = [
        average_precision_score(scores.targets[:, c], scores.probabilities[:, c]) for c in range(3)
    ]
    np.testing.assert_allclose(average_precisions(scores)[:3], expected, rtol=1e-12)
    assert np.isnan(average_precisions(scores)[3])
    assert mean_average_precision(scores) == pytest.approx(np.mean(expected))


def test_average_precision_without_ties_and_of_all_equal_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    targets = (rng.random((50, 2)) < 0.4).astype("float32")
    probabilities = np.stack([rng.random(50), np.full(50, 0.5)], axis=1).astype("float32")
    scores = Scores(tuple(map(str, range(50))), ("a", "b"), targets, probabilities)
    expected = average_precision_score(targets, probabilities, average=None)
    np.testing.assert_allclose(average_precisions(scores), expected, rtol=1e-12)


def drawn(scores, figure, level, draws, seed):
    """The bootstrap written out: videos drawn one by one into new scores."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        rows = [int(row) for row in rng.integers(len(scores), size=len(scores))]
        values.append(
            figure(
                Scores(
                    tuple(scores.paths[i] for i in rows),
                    scores.class_names,
                    np.stack([scores.targets[i] for i in rows]),
                    np.stack([scores.probabilities[i] for i in rows]),
                    None if scores.ranks is None else np.stack([scores.ranks[i] for i in rows]),
                )
            )
        )
    ends = 100 * (1 - level) / 2, 100 * (1 + level) / 2
    return tuple(np.percentile(values, end) for end in ends)


FIGURES = {
    "top1": lambda scores: top_k(scores, 1),
    "top5": lambda scores: top_k(scores, 5),
    "view_top1": lambda scores: view_top_k(scores, 1),
    "view_top5": lambda scores: view_top_k(scores, 5),
    "mean_class_accuracy": lambda scores: np.nanmean(per_class_accuracy(scores)),
    "mean_average_precision": lambda scores: np.mean(
        [
            average_precision_score(of_class, probability)
            for of_class, probability in zip(scores.targets.T, scores.probabilities.T, strict=True)
            if of_class.any()
        ]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_an_interval_is_the_bootstrap_written_out(name):
    scores = several() if name == "mean_average_precision" else single()
    for level, seed in ((0.95, 0), (0.5, 3)):
        expected = drawn(scores, FIGURES[name], level, 60, seed)
        assert bootstrap_interval(scores, name, level, 60, seed) == pytest.approx(expected)
        assert bootstrap_interval(scores, FIGURES[name], level, 60, seed) == pytest.approx(expected)


def test_intervals_are_narrower_for_more_videos_and_hold_the_figure():
    widths = []
    for videos in (20, 2000):
        scores = single(videos)
        low, high = bootstrap_interval(scores, "top1")
        assert low < top_k(scores, 1) < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 5


@pytest.mark.parametrize(
    ("scores", "names"),
    [
        (single(), ["top1", "top5", "view_top1", "view_top5", "mean_class_accuracy"]),
        (single(classes=5), ["top1", "view_top1", "mean_class_accuracy"]),
        (several(), ["mean_average_precision"]),
    ],
)
def test_a_summary_has_plain_numbers_by_name(scores, names):
    assert list(summary(scores, intervals=False)) == names
    figures = summary(scores)
    assert list(figures) == [part for name in names for part in (name, f"{name}_interval")]
    for name in names:
        assert type(figures[name]) is float
        low, high = figures[f"{name}_interval"]
        assert type(low) is type(high) is float
        assert 0 <= low <= figures[name] <= high <= 1


none = Scores(
    (), ("a", "b"), np.zeros(0, int), np.zeros((0, 2), "float32"), np.zeros((0, 3), "int32")
)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: top_k(single(), 0), "`k` must be a positive integer"),
        (lambda: top_k(single(), 8), "`k` must be at most the number of classes, 7. Received: k=8"),
        (lambda: view_top_k(single(), 8), "at most the number of classes, 7"),
        (lambda: top_k(none, 1), "at least one example"),
        (lambda: summary(none), "at least one example"),
        (lambda: top_k(several(), 1), "Take `mean_average_precision`"),
        (lambda: view_top_k(several(), 1), "Take `mean_average_precision`"),
        (lambda: confusion(several()), "Take `mean_average_precision`"),
        (lambda: average_precisions(single()), r"one class each, int64 \(40,\)"),
        (lambda: mean_average_precision(single()), "may show several classes"),
        (lambda: bootstrap_interval(single(), "video_top3"), "'top1', 'top5', 'view_top1'"),
        (lambda: bootstrap_interval(single(), "top1", level=1.0), "Received: level=1.0"),
        (lambda: bootstrap_interval(single(), "top1", draws=0), "Received: draws=0"),
        (lambda: bootstrap_interval(none, "top1"), "at least one example"),
    ],
)
def test_what_cannot_be_said_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_mean_over_no_class_is_refused():
    scores = Scores(("a",), ("x",), np.zeros((1, 1), "float32"), np.ones((1, 1), "float32"))
    with pytest.raises(ValueError, match="must have an example that shows a class"):
        mean_average_precision(scores)
