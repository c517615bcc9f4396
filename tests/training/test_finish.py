"""The report of a run says which weights its numbers are of."""

import pytest
from training.helpers import RECIPE, fit

pytestmark = pytest.mark.usefixtures("eager")


def test_the_report_names_the_weights_that_were_evaluated(videos, validation_videos, tmp_path):
    two = RECIPE.changed(epochs=2)
    fit(two, videos, tmp_path / "plain", report=True)
    page = (tmp_path / "plain" / "report.html").read_text()
    assert "last.weights.h5, of epoch 2<" in page
    fit(two, videos, tmp_path / "best", report=True, validation=validation_videos)
    page = (tmp_path / "best" / "report.html").read_text()
    assert "last.weights.h5, of epoch 2; `predict` and `evaluate` use best.weights.h5" in page
