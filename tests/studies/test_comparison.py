"""Comparisons of a study against plain loops over the files of its results."""

import json
import statistics
import warnings

import numpy as np
import pytest
from studies.small_study import write_results, write_study

from keras_nonlocal.studies.comparison import Difference, compare, paired_difference
from keras_nonlocal.studies.comparison_files import write_comparison
from keras_nonlocal.studies.study import Trial, read_study, recipe_of

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


@pytest.fixture(scope="module")
def found(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("found")
    write_results(folder, *small, GROUPS, RIGHT)
    return compare(*small, GROUPS, folder), folder


def test_accuracies_are_those_of_loops_over_the_files(small, found):
    study, recipe = small
    comparisons, folder = found
    for row, each in zip(study.rows, comparisons, strict=True):
        scores, by_group, seconds = [], {group: [] for group in GROUPS}, []
        for seed in study.seeds:
            right = videos = 0
            for group in GROUPS:
                key = Trial(recipe_of(row, recipe, seed), group).key
                read = json.loads((folder / "results" / f"{key}.json").read_text())
                right, videos = right + read["right"], videos + read["videos"]
                by_group[group].append(read["right"] / read["videos"])
                seconds.append(read["seconds"])
            scores.append(right / videos)
        mean = sum(scores) / len(scores)
        assert list(each.by_seed.values()) == pytest.approx(scores)
        assert each.mean == pytest.approx(mean)
        assert each.spread == pytest.approx(
            (sum((s - mean) ** 2 for s in scores) / (len(scores) - 1)) ** 0.5
        )
        assert each.seconds == pytest.approx(statistics.median(seconds))
        for group in GROUPS:
            assert each.by_group[group] == pytest.approx(sum(by_group[group]) / 2)


def test_a_difference_is_to_the_first_row_of_its_own_table(found):
    none, one, again = found[0]
    assert none.difference is None
    assert again.difference is None
    assert one.difference.mean == pytest.approx((56 - 39) / 60)
    assert one.difference.is_sure


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
    assert found.low == pytest.approx(np.percentile(values, 2.5))
    assert found.high == pytest.approx(np.percentile(values, 97.5))
    assert found.mean == pytest.approx((ours.sum() - theirs.sum()) / (4 * sum(videos)))


def test_the_interval_knows_pairs_but_not_how_hard_people_are():
    """Ours is right once more than theirs on everybody, however different people are."""
    theirs = np.array([[1, 9, 5, 3, 8, 2], [2, 8, 4, 3, 9, 1]])
    found = paired_difference(theirs + 1, theirs, [10] * 6)
    assert (found.low, found.mean, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_one_seed_and_one_group_have_no_interval():
    assert paired_difference(np.array([[9]]), np.array([[7]]), [10]) == Difference(0.2)
    assert not Difference(0.2).is_sure


def test_a_seed_counts_when_all_its_groups_are_done(small, tmp_path):
    right = [RIGHT[0], [[9, None, 10], [8, 10, 10]], RIGHT[2]]
    write_results(tmp_path, *small, GROUPS, right)
    none, one, _ = compare(*small, GROUPS, tmp_path)
    assert list(none.by_seed) == [0, 1]
    assert list(one.by_seed) == [1]
    assert one.spread is None
    assert one.difference.mean == pytest.approx((28 - 21) / 30)  # of that seed in both rows


def test_the_table_is_written_in_percent(found, small, tmp_path):
    write_comparison(found[0], small[0], tmp_path)
    lines = (tmp_path / "results.md").read_text().splitlines()
    assert "| network | top-1 | difference | seeds | s | ann | bob | cleo |" in lines
    assert "| none | 65.0 ± 7.1 | - | 2 of 2 | 10 | 55 | 60 | 80 |" in lines
    [one] = [line for line in lines if line.startswith("| one |")]
    difference = found[0][1].difference
    bounds = f"({100 * difference.low:+.1f} to {100 * difference.high:+.1f})"
    assert f"| 93.3 ± 0.0 | **+28.3 {bounds}** |" in one


def test_all_numbers_are_written_for_machines(found, small, tmp_path):
    write_comparison(found[0], small[0], tmp_path)
    read = json.loads((tmp_path / "results.json").read_text())
    assert read["groups"] == list(GROUPS)
    assert read["seeds"] == [0, 1]
    for row, each, right in zip(read["rows"], small[0].rows, RIGHT, strict=True):
        assert (row["table"], row["name"], row["changes"]) == (each.table, each.name, each.changes)
        assert [one["right"] for one in row["results"]] == [*right[0], *right[1]]
        assert {one["videos"] for one in row["results"]} == {10}
    assert read["rows"][0]["difference"] is None
    assert read["rows"][1]["difference"]["low"] > 0


@pytest.mark.parametrize("known", [0, 1, 2])
def test_no_seed_one_and_two_are_written_without_warnings(known, small, tmp_path):
    right = [[of_seed if n < known else [None] * 3 for n, of_seed in enumerate(r)] for r in RIGHT]
    write_results(tmp_path, *small, GROUPS, right)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_comparison(compare(*small, GROUPS, tmp_path), small[0], tmp_path)
    text = (tmp_path / "results.md").read_text()
    assert "nan" not in text
    assert ("| none | - | - | 0 of 2 | - | - | - | - |" in text) == (known == 0)
    assert ("| none | 60.0 ± - |" in text) == (known == 1)
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
    json.loads((tmp_path / "results.json").read_text(), parse_constant=pytest.fail)


def test_what_the_paper_found_stands_beside_it(tmp_path):
    rows = [{"table": "a", "name": "C2D", "changes": {}, "published": 71.8}]
    rows += [{"table": "a", "name": "ours", "changes": {"epochs": 2}}]
    splits = {"group": None, "split": "train", "validation_subset": "val", "seeds": [0]}
    study, recipe = read_study(write_study(tmp_path, rows=rows, **splits))
    write_results(tmp_path, study, recipe, ["val"], [[[7]], [[8]]])
    write_comparison(compare(study, recipe, ["val"], tmp_path), study, tmp_path)
    lines = (tmp_path / "results.md").read_text().splitlines()
    assert "| C2D | 70.0 ± - | - | 71.8 | 1 of 1 | 10 |" in lines
    assert "| ours | 80.0 ± - | +10.0 | - | 1 of 1 | 10 |" in lines


@pytest.mark.parametrize("text", ["{", "{}", '{"right": "many"}'])
def test_a_damaged_result_is_named(text, small, tmp_path):
    write_results(tmp_path, *small, GROUPS, RIGHT)
    path = min((tmp_path / "results").iterdir())
    path.write_text(text)
    with pytest.raises(ValueError, match=path.name):
        compare(*small, GROUPS, tmp_path)
