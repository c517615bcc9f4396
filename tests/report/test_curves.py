"""Curves: which columns share a plot, where the gaps are, and which scale is used."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from report.example_scores import history

from keras_nonlocal.report.curves import curves, draw_curve, spans_decades


def axes_with(rows, name):
    """Returns axes with the curve of this name."""
    (curve,) = (curve for curve in curves(rows) if curve.name == name)
    axes = Figure().add_subplot()
    draw_curve(axes, curve)
    return axes


def test_a_column_and_its_validation_column_share_a_plot():
    lines = {curve.name: list(curve.lines) for curve in curves(history())}
    assert lines == {
        "learning_rate": ["training"],
        "loss": ["training", "validation"],
        "clip_top1": ["training"],
        "seconds": ["training"],
        "top1": ["validation"],
    }


def test_lines_go_through_the_epochs_of_the_history():
    training, validation = axes_with(history(), "loss").get_lines()
    np.testing.assert_allclose(training.get_xdata(), [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(training.get_ydata(), 2.345678 / np.arange(1, 7))
    np.testing.assert_allclose(validation.get_xdata(), [2, 4, 6])
    np.testing.assert_allclose(validation.get_ydata(), [1.5, 0.75, 0.5])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_a_gap(report, value):
    rows = [{"epoch": n, "loss": 1.0, "val_loss": 2.0} for n in range(1, 6)]
    rows[2]["loss"] = rows[4]["loss"] = value
    axes = axes_with(rows, "loss")
    assert axes.get_ylim() == pytest.approx((0, 2.1))
    line = axes.get_lines()[0].get_ydata()
    assert np.flatnonzero(~np.isfinite(line)).tolist() == [2, 4]
    page = report(history=rows)
    assert page.tables["Metrics of each epoch"][3][1] == str(value)
    assert f"Loss, training: 1 in epoch 1, {value} in epoch 5" in page.alt("Loss")


def test_a_column_of_nan_is_an_empty_plot():
    axes = axes_with([{"epoch": n, "loss": math.nan} for n in range(1, 9)], "loss")
    assert np.isnan(axes.get_lines()[0].get_ydata()).all()


def test_the_description_gives_the_first_and_last_value(report):
    alt = report(history=history()).alt("Loss")
    assert alt == (
        "Loss, training: 2.346 in epoch 1, 0.3909 in epoch 6; "
        "Loss, validation: 1.5 in epoch 2, 0.5 in epoch 6"
    )


@pytest.mark.parametrize(("epochs", "ticks"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3])])
def test_ticks_are_integer_epochs(epochs, ticks):
    axes = axes_with([{"epoch": n, "loss": 1.0} for n in range(1, epochs + 1)], "loss")
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == ticks


def test_a_single_epoch_is_described_once(report):
    page = report(history=[{"epoch": 7, "loss": 1.5}])
    assert page.alt("Loss") == "Loss, training: 1.5 in epoch 7"


def steps(*values, each=20):
    return np.repeat(values, each).astype(float)


RATES = {
    "three decades": (steps(0.1, 0.01, 0.001), True),
    "three decades, then zero": (steps(0.1, 0.01, 0.001, 0), True),
    "cosine": (0.05 * (1 + np.cos(np.linspace(0, np.pi, 60))), False),
    "zero": (steps(0.0), False),
}


@pytest.mark.parametrize("case", RATES)
def test_only_learning_rates_that_span_decades_have_a_log_scale(case):
    values, is_log = RATES[case]
    assert spans_decades(values) == is_log
    rows = [{"epoch": n + 1, "learning_rate": v} for n, v in enumerate(values)]
    assert axes_with(rows, "learning_rate").get_yscale() == ("log" if is_log else "linear")


def test_fractions_are_plotted_from_0_to_100_percent():
    axes = axes_with(history(), "clip_top1")
    assert axes.get_ylim() == pytest.approx((0, 1.03))
    assert axes.yaxis.get_major_formatter()(0.5) == "50 %"


def test_fractions_given_in_percent_stay_in_the_plot():
    rows = [{"epoch": 1, "accuracy": 40.0}, {"epoch": 2, "accuracy": 93.0}]
    assert axes_with(rows, "accuracy").get_ylim()[1] > 93


def test_negative_values_stay_in_the_plot():
    rows = [{"epoch": 1, "bound": -3.0}, {"epoch": 2, "bound": -1.0}]
    low, high = axes_with(rows, "bound").get_ylim()
    assert low < -3 < -1 < high
