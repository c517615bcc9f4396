"""Curves: what is drawn in which picture, where the gaps are, and on which scale."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from report.cases import history

from keras_nonlocal.report.curves import curves, draw_curves, falls_by_decades


def drawn(rows, name):
    """Axes with the curve of this name."""
    (curve,) = (curve for curve in curves(rows) if curve.name == name)
    axes = Figure().add_subplot()
    draw_curves(axes, curve)
    return axes


def test_a_column_and_its_validation_twin_share_a_picture():
    lines = {curve.name: list(curve.lines) for curve in curves(history())}
    assert lines == {
        "learning_rate": ["training"],
        "loss": ["training", "validation"],
        "clip_top1": ["training"],
        "seconds": ["training"],
        "top1": ["validation"],
    }


def test_lines_go_through_the_epochs_that_were_measured():
    training, validation = drawn(history(), "loss").get_lines()
    np.testing.assert_allclose(training.get_xdata(), [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(training.get_ydata(), 2.345678 / np.arange(1, 7))
    np.testing.assert_allclose(validation.get_xdata(), [2, 4, 6])
    np.testing.assert_allclose(validation.get_ydata(), [1.5, 0.75, 0.5])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_a_gap(report, value):
    rows = [{"epoch": n, "loss": 1.0, "val_loss": 2.0} for n in range(1, 6)]
    rows[2]["loss"] = rows[4]["loss"] = value
    axes = drawn(rows, "loss")
    assert axes.get_ylim() == pytest.approx((0, 2.1))
    line = axes.get_lines()[0].get_ydata()
    assert np.flatnonzero(~np.isfinite(line)).tolist() == [2, 4]
    page = report(history=rows)
    assert page.tables["What was measured in each epoch"][3][1] == str(value)
    assert f"Loss, training: 1 in epoch 1, {value} in epoch 5" in page.alt("Loss")


def test_a_column_without_any_number_is_drawn_empty():
    axes = drawn([{"epoch": n, "loss": math.nan} for n in range(1, 9)], "loss")
    assert np.isnan(axes.get_lines()[0].get_ydata()).all()


def test_the_description_says_where_a_curve_starts_and_ends(report):
    alt = report(history=history()).alt("Loss")
    assert alt == (
        "Loss, training: 2.346 in epoch 1, 0.3909 in epoch 6; "
        "Loss, validation: 1.5 in epoch 2, 0.5 in epoch 6"
    )


@pytest.mark.parametrize(("epochs", "ticks"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3])])
def test_epochs_are_counted_in_integers_even_where_there_is_one(epochs, ticks):
    axes = drawn([{"epoch": n, "loss": 1.0} for n in range(1, epochs + 1)], "loss")
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == ticks


def test_a_single_epoch_is_described_once(report):
    page = report(history=[{"epoch": 7, "loss": 1.5}])
    assert page.alt("Loss") == "Loss, training: 1.5 in epoch 7"


def steps(*values, each=20):
    return np.repeat(values, each).astype(float)


RATES = {
    "three decades": (steps(0.1, 0.01, 0.001), True),
    "three decades, then nothing": (steps(0.1, 0.01, 0.001, 0), True),
    "cosine": (0.05 * (1 + np.cos(np.linspace(0, np.pi, 60))), False),
    "nothing": (steps(0.0), False),
}


@pytest.mark.parametrize("case", RATES)
def test_only_rates_that_fall_by_decades_are_drawn_by_decades(case):
    values, by_decades = RATES[case]
    assert falls_by_decades(values) == by_decades
    rows = [{"epoch": n + 1, "learning_rate": v} for n, v in enumerate(values)]
    assert drawn(rows, "learning_rate").get_yscale() == ("log" if by_decades else "linear")


def test_shares_are_drawn_from_none_to_all():
    axes = drawn(history(), "clip_top1")
    assert axes.get_ylim() == pytest.approx((0, 1.03))
    assert axes.yaxis.get_major_formatter()(0.5) == "50 %"


def test_shares_in_per_cent_stay_in_the_picture():
    rows = [{"epoch": 1, "accuracy": 40.0}, {"epoch": 2, "accuracy": 93.0}]
    assert drawn(rows, "accuracy").get_ylim()[1] > 93


def test_negative_values_are_in_the_picture():
    rows = [{"epoch": 1, "bound": -3.0}, {"epoch": 2, "bound": -1.0}]
    low, high = drawn(rows, "bound").get_ylim()
    assert low < -3 < -1 < high
