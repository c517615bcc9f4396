"""The page on formats says which network runs where, as running the files shows."""

import pytest
from export.format_matrix import HEADING, PAGE, ROWS, cells, line, states


@pytest.fixture(scope="module")
def page():
    table = PAGE.read_text("utf-8").partition(HEADING)[2].partition("\n| ")[2]
    return {name: found for name, *found in states(f"| {table}")}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_page_tells_what_runs(row, page):
    for module in ("tf2onnx", "onnxruntime", "openvino", "ai_edge_litert"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    ((_, *found),) = states(line(row.name, list(cells(row))))
    assert found == page[row.name]


def test_the_page_has_a_row_for_each_network(page):
    assert [row.name for row in ROWS] == list(page)[2:]
