"""Tutorials are tests: each notebook runs from top to bottom, in a folder of its own."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parents[2] / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))
SECONDS_A_CELL = 300

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _read(path):
    """A checked notebook, in the version of the format that it is stored in."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    return notebook


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_a_first_tutorial():
    assert any(path.name.startswith("01_") for path in NOTEBOOKS), f"none in {TUTORIALS}"


@pytest.mark.slow  # trainings; .ci/run has these in its own step
@each_notebook
def test_every_cell_runs(path, tmp_path):
    notebook = _read(path)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(
        notebook, timeout=SECONDS_A_CELL, kernel_name="python3", resources=where
    ).execute()
    assert all(cell.execution_count for cell in _code(notebook))


@each_notebook
def test_no_cell_is_stored_with_what_it_printed(path):
    for cell in _code(_read(path)):
        assert not cell.outputs, cell.source
        assert cell.execution_count is None, cell.source


@each_notebook
def test_it_runs_on_any_python_3_kernel(path):
    assert _read(path).metadata.kernelspec.name == "python3"


@each_notebook
def test_its_name_gives_its_place_in_the_order(path):
    assert re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name)


def test_no_two_tutorials_have_the_same_place():
    places = [path.name[:2] for path in NOTEBOOKS]
    assert len(set(places)) == len(places)
