"""Comparisons of a study against plain loops over the files of its results."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from studies.small_study import write_results, write_study

from keras_nonlocal.studies import compare, read_study, write_comparison
from keras_nonlocal.studies.comparison import paired_difference

GROUPS = ("ann", "bob", "cleo")
# right[row][seed][group] of 10 videos; the first and the last row are of the same recipe.
RIGHT = [
    [[5, 6, 7], [6, 6, 9]],
    [[9, 9, 10], [8, 10, 10]],
    [[5, 6, 7], [6, 6, 9]],
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return read_study(write_study(tmp_path_factory.mktemp("study")))


def compared(study, groups, right, folder):
    write_results(folder, *study, groups, right)
    return compare(*study, groups, folder)


def table(folder):
    lines = (folder / "results.md").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith(("#", "| "))]


@pytest.mark.parametrize("name", ["embedded_weizmann", "precision_weizmann", "table2_weizmann"])
def test_results_of_the_zoo_give_the_numbers_that_were_published(name, tmp_path):
    """They would be lost if a key ever became another."""
    folder = Path(__file__).parents[2] / "zoo" / name  # the package has no results
    published = json.loads((folder / "results.json").read_text())
    study = read_study(name)
    found = compare(*study, published["groups"], folder)
    assert None not in [row["mean"] for row in found["rows"]]
    write_comparison(found, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == published
    assert table(tmp_path) == table(folder)


def test_accuracies_and_differences_are_those_of_loops(small, tmp_path):
    found = compared(small, GROUPS, RIGHT, tmp_path)
    assert (found["groups"], found["seeds"]) == (list(GROUPS), [0, 1])
    for row, right in zip(found["rows"], RIGHT, strict=True):
        scores = [sum(of_seed) / 30 for of_seed in right]
        mean = sum(scores) / 2
        assert row["mean"] == pytest.approx(mean)
        assert row["spread"] == pytest.approx(sum((s - mean) ** 2 for s in scores) ** 0.5)
        assert row["seconds"] == 10.5  # `write_results` writes 10 and 11
        assert [one["right"] for one in row["results"]] == [*right[0], *right[1]]
    none, one, again = found["rows"]
    assert none["difference"] is None
    assert again["difference"] is None  # the first row of its own table
    assert one["difference"]["mean"] == pytest.approx((56 - 39) / 60)
    assert one["difference"]["low"] > 0


def test_the_interval_is_that_of_a_written_out_bootstrap():
    rng = np.random.default_rng(5)
    ours, theirs = rng.integers(0, 10, (2, 4, 3))
    videos, draws = [10, 12, 20], 200
    found = paired_difference(ours, theirs, videos, draws=draws)
    drawn = np.random.default_rng(0)
    all_seeds, all_groups = drawn.integers(4, size=(draws, 4)), drawn.integers(3, size=(draws, 3))
    values = []
    for seeds, groups in zip(all_seeds, all_groups, strict=True):
        gained = total = 0
        for seed in seeds:
            for group in groups:
                gained += int(ours[seed][group]) - int(theirs[seed][group])
                total += videos[group]
        values.append(gained / total)
    assert found["low"] == pytest.approx(np.percentile(values, 2.5))
    assert found["high"] == pytest.approx(np.percentile(values, 97.5))
    assert found["mean"] == pytest.approx((ours.sum() - theirs.sum()) / (4 * sum(videos)))


def test_the_interval_knows_pairs_but_not_how_hard_people_are():
    """Ours is right once more than theirs on everybody, however different people are."""
    theirs = np.array([[1, 9, 5, 3, 8, 2], [2, 8, 4, 3, 9, 1]])
    found = paired_difference(theirs + 1, theirs, [10] * 6)
    assert list(found.values()) == pytest.approx([0.1, 0.1, 0.1])


def test_one_seed_and_one_group_have_no_interval():
    found = paired_difference(np.array([[9]]), np.array([[7]]), [10])
    assert found == {"mean": 0.2, "low": None, "high": None}


def test_a_seed_counts_when_all_its_groups_are_done(small, tmp_path):
    right = [RIGHT[0], [[9, None, 10], [8, 10, 10]], RIGHT[2]]
    none, one, _ = compared(small, GROUPS, right, tmp_path)["rows"]
    assert (len(none["results"]), len(one["results"])) == (6, 3)
    assert one["spread"] is None
    assert one["difference"]["mean"] == pytest.approx((28 - 21) / 30)  # of that seed in both rows


@pytest.mark.parametrize("known", [0, 1, 2])
def test_no_seed_one_and_two_are_written_without_warnings(known, small, tmp_path):
    right = [[of_seed if n < known else [None] * 3 for n, of_seed in enumerate(r)] for r in RIGHT]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_comparison(compared(small, GROUPS, right, tmp_path), tmp_path)
    expected = {
        0: "| none | - ± - | - | 0 of 2 | - | - | - | - |",
        1: "| none | 60.0 ± - | - | 1 of 2 | 10 | 50 | 60 | 70 |",
        2: "| none | 65.0 ± 7.1 | - | 2 of 2 | 10 | 55 | 60 | 80 |",
    }
    assert table(tmp_path)[2] == "| network | top-1 | difference | seeds | s | ann | bob | cleo |"
    assert expected[known] in table(tmp_path)
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
    json.loads((tmp_path / "results.json").read_text(), parse_constant=pytest.fail)


def test_what_the_paper_found_stands_beside_it(tmp_path):
    rows = [{"table": "a", "name": "C2D", "changes": {}, "published": 71.8}]
    rows += [{"table": "a", "name": "ours", "changes": {"epochs": 2}}]
    splits = {"group": None, "split": "train", "validation_subset": "val", "seeds": [0]}
    study = read_study(write_study(tmp_path, rows=rows, **splits))
    write_comparison(compared(study, ["val"], [[[7]], [[8]]], tmp_path), tmp_path)
    assert "| C2D | 70.0 ± - | - | 71.8 | 1 of 1 | 10 | 70 |" in table(tmp_path)
    assert "| ours | 80.0 ± - | +10.0 | - | 1 of 1 | 10 | 80 |" in table(tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", '{"right": "many"}'])
def test_a_damaged_result_is_named(text, small, tmp_path):
    write_results(tmp_path, *small, GROUPS, RIGHT)
    path = min((tmp_path / "results").iterdir())
    path.write_text(text)
    with pytest.raises(ValueError, match=f"{path.name}.*delete it"):
        compare(*small, GROUPS, tmp_path)
