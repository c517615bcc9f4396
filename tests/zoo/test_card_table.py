"""The table of cards shows what the cards hold."""

import pytest

from keras_nonlocal import zoo
from keras_nonlocal.pretrained import card_names
from keras_nonlocal.utils.entries import entries_root
from keras_nonlocal.zoo import card_table

REGENERATE = (
    'python -c "from keras_nonlocal.zoo.card_table import write_table; '
    "write_table('zoo/README.md')\""
)


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_in_the_readme_is_up_to_date():
    text = (entries_root() / "README.md").read_text("utf-8")
    assert text.endswith(f"\n{zoo.markdown_table()}\n"), (
        f"zoo/README.md is out of date. Run: {REGENERATE}"
    )


def test_every_card_has_a_row_and_all_lines_have_the_same_width():
    header, rule, *rows = zoo.markdown_table().splitlines()
    assert {len(line) for line in rows} == {len(header)} == {len(rule)}
    assert [cells(row)[0].removesuffix(" *") for row in rows] == card_names()


def test_a_row_shows_the_values_of_the_card():
    lines = zoo.markdown_table().splitlines()
    (row,) = [line for line in lines if "nl_i3d_r50_kinetics400_official_128x1" in line]
    assert dict(zip(cells(lines[0]), cells(row), strict=True)) == {
        "card": "nl_i3d_r50_kinetics400_official_128x1",
        "input": "128x1",
        "views": "10x3",
        "top-1": "76.5",
        "top-5": "92.7",
        "mean IoU": "-",
        "box AP": "-",
        "mask or keypoint AP": "-",
        "hash": "-",
        "license": "CC-BY-NC-4.0",
        "weights": "downloaded",
    }


def test_write_table_keeps_the_prose_and_replaces_the_table(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# Title\n\nProse.\n\n| card | old |\n| - | - |\n| gone | 1 |\n", "utf-8")
    card_table.write_table(path)
    assert path.read_text("utf-8") == f"# Title\n\nProse.\n\n{zoo.markdown_table()}\n"
    path.write_text("# Title\n", "utf-8")
    with pytest.raises(ValueError, match=r"README\.md has no table of cards"):
        card_table.write_table(path)
    assert path.read_text("utf-8") == "# Title\n"
