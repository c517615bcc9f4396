"""Metrics of scores equal plain loops and scikit-learn."""

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
from keras_nonlocal.metrics.scores import ranks_of


def single_label(videos=40, classes=7, views=3, seed=0):
    """Scores of videos with one label each; coarse probabilities make many ties."""
    rng = np.random.default_rng(seed)
    view_probabilities = rng.integers(0, 5, (videos, views, classes)) / 8
    targets = rng.integers(0, classes - 1, videos)  # the last class has no video
    ranks = [
        [order(p).index(t) for p in video]
        for video, t in zip(view_probabilities, targets, strict=True)
    ]
    return Scores(
        tuple(f"{i}.mp4" for i in range(videos)),
        tuple("abcdefghij"[:classes]),
        targets,
        view_probabilities.mean(axis=1).astype("float32"),
        np.array(ranks, "int32"),
    )


def multi_label(videos=30, classes=4, seed=0):
    """Scores of videos with several labels; no video has the last class."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((videos, classes)) < 0.3).astype("float32")
    targets[:, -1] = 0
    probabilities = rng.integers(0, 8, (videos, classes)).astype("float32") / 8
    names = tuple("abcdefghij"[:classes])
    return Scores(tuple(f"{i}.mp4" for i in range(videos)), names, targets, probabilities)


def order(probabilities):
    """Class indices by falling probability; lower indices win ties."""
    return sorted(range(len(probabilities)), key=lambda c: (-probabilities[c], c))


def share(values):
    return sum(values) / len(values)


def view_top_k(scores, k):
    return share([rank < k for views in scores.ranks for rank in views])


@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_top_k_accuracy_of_videos(k):
    scores = single_label()
    pairs = zip(scores.probabilities, scores.targets, strict=True)
    assert top_k(scores, k) == pytest.approx(share([t in order(p)[:k] for p, t in pairs]))


@pytest.mark.parametrize("k", [1, 5])
def test_top_k_accuracy_of_views(k):
    scores = single_label()
    assert summary(scores)[f"view_top{k}"] == pytest.approx(view_top_k(scores, k))


def test_confusion_counts_predictions_for_each_true_class():
    scores = single_label()
    counts = np.zeros((7, 7), int)
    for p, target in zip(scores.probabilities, scores.targets, strict=True):
        counts[target, order(p)[0]] += 1
    np.testing.assert_array_equal(confusion(scores), counts)


def test_per_class_accuracy_is_nan_without_examples():
    scores = single_label()
    accuracies = per_class_accuracy(scores)
    for label in range(6):
        examples = [i for i, target in enumerate(scores.targets) if target == label]
        right = [order(scores.probabilities[i])[0] == label for i in examples]
        assert accuracies[label] == pytest.approx(share(right))
    assert np.isnan(accuracies[6])
    assert summary(scores)["mean_class_accuracy"] == pytest.approx(np.mean(accuracies[:6]))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_equals_scikit_learn_with_ties(seed):
    scores = multi_label(seed=seed)
    expected = [
        average_precision_score(scores.targets[:, c], scores.probabilities[:, c]) for c in range(3)
    ]
    np.testing.assert_allclose(average_precisions(scores)[:3], expected, rtol=1e-12)
    assert np.isnan(average_precisions(scores)[3])
    assert summary(scores)["mean_average_precision"] == pytest.approx(np.mean(expected))


def test_average_precision_equals_scikit_learn_without_ties_and_for_a_constant():
    rng = np.random.default_rng(1)
    targets = (rng.random((50, 2)) < 0.4).astype("float32")
    probabilities = np.stack([rng.random(50), np.full(50, 0.5)], axis=1).astype("float32")
    scores = Scores(tuple(map(str, range(50))), ("a", "b"), targets, probabilities)
    expected = average_precision_score(targets, probabilities, average=None)
    np.testing.assert_allclose(average_precisions(scores), expected, rtol=1e-12)


def plain_bootstrap(scores, metric, level, draws, seed):
    """Draws videos one by one into new scores."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        rows = [int(row) for row in rng.integers(len(scores), size=len(scores))]
        values.append(
            metric(
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


METRICS = {
    "top1": lambda scores: top_k(scores, 1),
    "top5": lambda scores: top_k(scores, 5),
    "view_top1": lambda scores: view_top_k(scores, 1),
    "view_top5": lambda scores: view_top_k(scores, 5),
    "mean_class_accuracy": lambda scores: np.nanmean(per_class_accuracy(scores)),
    "mean_average_precision": lambda scores: np.mean(
        [
            average_precision_score(target, probability)
            for target, probability in zip(scores.targets.T, scores.probabilities.T, strict=True)
            if target.any()
        ]
    ),
}


@pytest.mark.parametrize("name", METRICS)
def test_bootstrap_interval_equals_a_plain_bootstrap(name):
    scores = multi_label() if name == "mean_average_precision" else single_label()
    for level, seed in ((0.95, 0), (0.5, 3)):
        expected = plain_bootstrap(scores, METRICS[name], level, 60, seed)
        assert bootstrap_interval(scores, name, level, 60, seed) == pytest.approx(expected)
        assert bootstrap_interval(scores, METRICS[name], level, 60, seed) == pytest.approx(expected)


def test_intervals_are_narrower_for_more_videos_and_hold_the_metric():
    widths = []
    for videos in (20, 2000):
        scores = single_label(videos)
        low, high = bootstrap_interval(scores, "top1")
        assert low < top_k(scores, 1) < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 5


@pytest.mark.parametrize(
    ("scores", "names"),
    [
        (single_label(), ["top1", "top5", "view_top1", "view_top5", "mean_class_accuracy"]),
        (single_label(classes=5), ["top1", "view_top1", "mean_class_accuracy"]),
        (multi_label(), ["mean_average_precision"]),
    ],
)
def test_summary_has_the_metrics_that_fit_the_labels(scores, names):
    assert list(summary(scores, intervals=False)) == names
    values = summary(scores)
    assert list(values) == [part for name in names for part in (name, f"{name}_interval")]
    for name in names:
        assert type(values[name]) is float
        low, high = values[f"{name}_interval"]
        assert type(low) is type(high) is float
        assert 0 <= low <= values[name] <= high <= 1


none = Scores(
    (), ("a", "b"), np.zeros(0, int), np.zeros((0, 2), "float32"), np.zeros((0, 3), "int32")
)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: top_k(single_label(), 0), "`k` must be a positive integer"),
        (
            lambda: top_k(single_label(), 8),
            "`k` must be at most the number of classes, 7. Received: k=8",
        ),
        (lambda: top_k(none, 1), "at least one example"),
        (lambda: summary(none), "at least one example"),
        (lambda: top_k(multi_label(), 1), "Use `average_precisions`"),
        (lambda: confusion(multi_label()), "Use `average_precisions`"),
        (lambda: average_precisions(single_label()), r"one label each, int64 \(40,\)"),
        (lambda: bootstrap_interval(single_label(), "video_top3"), "'top1', 'top5', 'view_top1'"),
        (lambda: bootstrap_interval(single_label(), "top1", level=1.0), "Received: level=1.0"),
        (lambda: bootstrap_interval(single_label(), "top1", draws=0), "Received: draws=0"),
        (lambda: bootstrap_interval(none, "top1"), "at least one example"),
    ],
)
def test_invalid_arguments_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_mean_average_precision_needs_a_label():
    scores = Scores(("a",), ("x",), np.zeros((1, 1), "float32"), np.ones((1, 1), "float32"))
    with pytest.raises(ValueError, match="At least one example of `scores` must have a label"):
        summary(scores)


@pytest.mark.parametrize("seed", range(3))
def test_ranks_equal_the_position_in_the_sorted_order(seed):
    probabilities = np.random.default_rng(seed).integers(0, 4, (20, 6)) / 4
    targets = np.random.default_rng(seed).integers(0, 6, 20)
    expected = [order(p).index(t) for p, t in zip(probabilities, targets, strict=True)]
    assert ranks_of(probabilities, targets).tolist() == expected
