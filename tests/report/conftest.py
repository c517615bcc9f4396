"""Fixtures: reports as parsed pages, the figures that were saved, and small videos."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from report.parsed_page import Page

from keras_nonlocal.report import classification_sections, write_report
from keras_nonlocal.tasks.video_classification import report_samples
from keras_nonlocal.video.decoding.write import write_video


@pytest.fixture
def report(tmp_path):
    """Returns `report(scores=..., ...)`, which writes a report and returns the parsed page.

    The default history is short, or empty if there are scores, because curves take time.
    """

    def write(*, title="A run", history=None, scores=None, samples=6, **options):
        if history is None:
            history = [{"epoch": 1, "loss": 2.0, "val_loss": 3.0}] if scores is None else []
        options["history"] = history
        if scores is not None:
            shown = report_samples.samples_section(scores, samples)
            options["sections"] = classification_sections(scores, samples=shown)
        return Page(write_report(tmp_path / "report", title=title, **options))

    return write


@pytest.fixture
def saved(monkeypatch):
    """Returns the list of all figures that are saved from now on."""
    figures, save = [], Figure.savefig

    def save_and_record(figure, *where, **how):
        figures.append(figure)
        save(figure, *where, **how)

    monkeypatch.setattr(Figure, "savefig", save_and_record)
    return figures


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """Six files of ten frames. Frame `t` of each has the gray level `20 + 20 * t`."""
    folder = tmp_path_factory.mktemp("videos")
    levels = np.arange(20, 220, 20, dtype="uint8")
    frames = np.broadcast_to(levels[:, None, None, None], (10, 48, 64, 3))
    paths = [folder / f"{name}.mp4" for name in "abcdef"]
    for path in paths:
        write_video(path, frames, fps=10)
    return paths
