"""A study: every network is trained once for each seed and group, and goes on where it stopped."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from studies.small_study import (
    BLOCK,
    PEOPLE,
    RECIPE,
    STUDY,
    write_results,
    write_study,
    write_videos,
)

from keras_nonlocal.data.sources import read_source
from keras_nonlocal.pretrained.entries import study_names
from keras_nonlocal.studies import study_run
from keras_nonlocal.studies.study import (
    Trial,
    divided,
    groups_of,
    read_study,
    recipe_of,
    study_path,
    tasks_of,
)
from keras_nonlocal.studies.study_run import run_study
from keras_nonlocal.utils.errors import TrainingStopped
from keras_nonlocal.utils.schema import parse, parse_json

ZOO = Path(__file__).parents[2] / "zoo" / "table2_weizmann"


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_videos(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return read_study(write_study(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def done(small, videos, tmp_path_factory):
    """The folder of a study of one network in two rows, in two parts; the first part's results."""
    row = small[0].rows[1]
    study = replace(small[0], seeds=(0,), rows=(row, replace(row, name="again")))
    recipe = small[1]
    folder = tmp_path_factory.mktemp("done")
    run_study(study, recipe, videos, folder, shard=(0, 2), verbose=False)
    first = set(results(folder))
    run_study(study, recipe, videos, folder, shard=(1, 2), verbose=False)
    return study, recipe, folder, first


def test_a_folder_holds_results_of_the_same_videos(small, videos, tmp_path):
    study, recipe = small
    study_run.check_videos(tmp_path / "out", read_source(videos))
    listed = [(path, path.parent.name) for path in sorted(videos.glob("*/*.mp4"))]
    others = [(path, {"jump": "walk", "walk": "jump"}[label]) for path, label in listed]
    with pytest.raises(ValueError, match=r"out' has results of other videos.*Name another folder"):
        run_study(study, recipe, others, tmp_path / "out", verbose=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["videos.json"]
    study_run.check_videos(tmp_path / "out", read_source(listed))


def results(folder):
    return {path.stem: json.loads(path.read_text()) for path in (folder / "results").iterdir()}


@pytest.fixture
def trained(monkeypatch):
    """Notes what is trained, and lets it be trained."""
    seen, train = [], study_run.train

    def noted(recipe, videos, folder, **options):
        seen.append((folder.name, [entry.path for entry in videos]))
        return train(recipe, videos, folder, **options)

    monkeypatch.setattr(study_run, "train", noted)
    return seen


@pytest.mark.slow
def test_every_task_has_a_result_and_rows_of_one_recipe_share_it(done):
    study, recipe, folder, _ = done
    found = results(folder)
    expected = {Trial(recipe_of(r, recipe), p).key for r in study.rows for p in PEOPLE}
    assert set(found) == expected
    assert len(found) == len(PEOPLE)
    for key, result in found.items():
        assert list(result) == ["group", "seed", "videos", "right", "loss", "seconds"]
        assert key.endswith(f"_{result['group']}")
        assert result["videos"] == 2
        assert 0 <= result["right"] <= 2


@pytest.mark.slow
def test_two_parts_are_halves_of_the_whole(done):
    *_, folder, first = done
    assert len(first) == 1
    assert first < set(results(folder))


@pytest.mark.slow
def test_nothing_is_left_of_runs_that_are_done(done):
    assert list((done[2] / "runs").iterdir()) == []


@pytest.mark.slow
def test_only_what_is_missing_is_trained_by_one_process_without_the_group_left_out(
    done, videos, tmp_path, trained
):
    study, recipe, folder, _ = done
    shutil.copytree(folder, tmp_path / "copy")
    missing = Trial(recipe_of(study.rows[0], recipe), "bob").key
    path = tmp_path / "copy" / "results" / f"{missing}.json"
    before = json.loads(path.read_text())
    path.unlink()
    with FileLock(tmp_path / "copy" / "runs" / f".{missing}.lock"):  # as another process would
        run_study(study, recipe, videos, tmp_path / "copy", verbose=False)
    assert trained == []
    run_study(study, recipe, videos, tmp_path / "copy", verbose=False)
    [(key, paths)] = trained
    assert key == missing
    assert len(paths) == 2
    assert not any("bob" in path for path in paths)
    after = json.loads(path.read_text())
    for name in ("group", "seed", "videos", "right"):
        assert after[name] == before[name]
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-4)


def test_each_group_is_left_out_once_and_all_videos_are_used(small, videos):
    manifest = read_source(videos)
    everything = {entry.path for entry in manifest}
    for person in groups_of(small[0], manifest):
        kept, left = (
            {entry.path for entry in part} for part in divided(small[0], person, manifest)
        )
        assert left == {path for path in everything if f"/{person}_" in path}
        assert kept == everything - left


@pytest.mark.slow
def test_a_study_of_splits_trains_on_the_one_and_tests_on_the_other(videos, tmp_path, trained):
    for person, split in zip(PEOPLE, ("train", "val"), strict=True):
        for action in ("jump", "walk"):
            file = tmp_path / "split" / split / action / f"{person}.mp4"
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(videos / action / f"{person}_{action}.mp4", file)
    splits = {"group": None, "split": "train", "validation_subset": "val", "seeds": [3]}
    rows = STUDY["rows"][:1]
    study, recipe = read_study(write_study(tmp_path / "study", **splits, rows=rows))
    run_study(study, recipe, tmp_path / "split", tmp_path / "out", verbose=False)
    [(_, paths)] = trained
    assert len(paths) == 2
    assert not any("bob" in path for path in paths)
    [result] = results(tmp_path / "out").values()
    assert (result["group"], result["seed"], result["videos"]) == ("val", 3, 2)


@pytest.mark.slow
def test_a_training_that_stops_does_not_keep_others_from_being_tried(videos, tmp_path):
    wild = {"table": "a", "name": "wild", "changes": {"learning_rate": 1e38, "epochs": 4}}
    file = write_study(tmp_path / "study", rows=[wild, STUDY["rows"][0]], seeds=[0])
    study, recipe = read_study(file)
    out = tmp_path / "out"
    write_results(out, study, recipe, PEOPLE, [[[None, 1]], [[None, 1]]], videos=2)
    with pytest.raises(TrainingStopped, match=r"1 of 4 trainings stopped\. The first: .*loss"):
        run_study(study, recipe, videos, out)
    assert len(results(out)) == 3


def test_seeds_come_one_after_the_other(small):
    seeds = [task.recipe.seed for task in tasks_of(*small, PEOPLE)]
    assert seeds == sorted(seeds)
    assert len(seeds) == 2 * 2 * len(PEOPLE)


def test_results_of_the_zoo_are_found_by_their_keys():
    """They would be lost if a key ever became another."""
    study, recipe = read_study(ZOO / "study.json")
    people = ("daria", "denis", "eli", "ido", "ira", "lena")
    tasks = {task.key: task for task in tasks_of(study, recipe, people)}
    files = list((ZOO / "results").glob("*.json"))
    assert files
    for file in files:
        found = parse(study_run.Result, parse_json(file.read_text("utf-8"), file.name), file.name)
        task = tasks[file.stem]
        assert (found.group, found.seed) == (task.group, task.recipe.seed)
        assert 0 <= found.right <= found.videos == 10


def test_a_published_number_does_not_change_the_key(small):
    row, recipe = small[0].rows[0], small[1]
    other = replace(row, published=71.8, name="other")
    assert Trial(recipe_of(row, recipe), "a").key == Trial(recipe_of(other, recipe), "a").key


@pytest.mark.parametrize("name", study_names())
def test_studies_that_come_along_fit_their_builders(name):
    study, recipe = read_study(study_path(name))
    assert study.rows
    assert recipe.about


def test_the_table_of_kinetics_holds_the_paper_s_rows():
    study, recipe = read_study(study_path("table2_kinetics"))
    assert len(study.rows) == 5 + 5 + 8 + 8 + 4 + 6
    assert len(list(tasks_of(study, recipe, ["val"]))) == 23
    published = {}
    for row in study.rows:
        key = Trial(recipe_of(row, recipe), "val").key
        assert published.setdefault(key, row.published) == row.published


CHANGED = {"table": "a", "name": "wrong"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": []}, "needs `rows`.*none"),
        ({"seeds": []}, "needs `seeds`.*none"),
        ({"seeds": [1, 1]}, r"needs `seeds`.*repeated \[1\]"),
        ({"seeds": [-1]}, "`seeds` must be a number of at least 0"),
        ({"rows": STUDY["rows"] + STUDY["rows"][:1]}, "needs `rows`.*repeated.*none"),
        ({"group": None}, "either a `group` to leave out, or two different splits"),
        ({"validation_subset": "val"}, "either a `group`"),
        ({"group": None, "split": "val", "validation_subset": "val"}, "two different splits"),
        ({"group": "[a-z]+_"}, "must have a parenthesis"),
        ({"group": "([a-z"}, "must be a regular expression"),
        ({"sedes": [0]}, r"unknown: \['sedes'\]"),
        ({"rows": [{**CHANGED, "changes": {"fps": 3}}]}, "The row 'wrong' of 'a'.*fps"),
        ({"rows": [{**CHANGED, "changes": {"epochs": 0}}]}, "The row 'wrong' of 'a'.*epochs"),
        ({"rows": [{**CHANGED, "changes": {"arguments.blocks": 1}}]}, "takes no `blocks`"),
        ({"rows": [{**CHANGED, "changes": {"arguments.depth": 1}}]}, r"no arguments \['depth'\]"),
        (
            {"rows": [{**CHANGED, "changes": {**BLOCK, "arguments.blocks": {"res9": [0]}}}]},
            "Stages are",
        ),
        ({"rows": [{**CHANGED, "changes": {"multi_label": True}}]}, "top-1 accuracies"),
        ({"rows": [{**CHANGED, "changes": {}, "published": "high"}]}, "of type float"),
    ],
)
def test_a_wrong_study_is_refused(changes, message, tmp_path):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        read_study(write_study(tmp_path, **changes))


def test_what_is_no_json_is_refused(tmp_path):
    write_study(tmp_path).write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        read_study(tmp_path / "study.json")


def test_a_study_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match="table2_kinetics, table2_weizmann"):
        study_path("table3")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("^([0-9]+)_", "in the name of each file.*ann_jump.mp4"),
        ("^([a-z]*?)", "in the name of each file"),
        ("(mp4)$", r"at least two groups.*\['mp4'\]"),
    ],
)
def test_a_rule_that_makes_no_groups_is_refused_before_training(
    rule, message, small, videos, tmp_path
):
    study = replace(small[0], group=rule)
    with pytest.raises(ValueError, match=message):
        run_study(study, small[1], videos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_split_that_is_not_there_is_refused(small, videos, tmp_path):
    study = replace(small[0], group=None, split="train", validation_subset="val")
    with pytest.raises(ValueError, match="`split` must be None: there are no splits"):
        run_study(study, small[1], videos, tmp_path)


@pytest.mark.parametrize("part", [(2, 2), (-1, 2), (0, 0)])
def test_a_part_that_is_none_is_refused(part, small, videos, tmp_path):
    with pytest.raises(ValueError, match="`shard` must be"):
        run_study(*small, videos, tmp_path, shard=part)


def test_the_recipe_of_a_row_has_its_changes_and_the_seed(small):
    study, recipe = small
    changed = recipe_of(study.rows[1], recipe, seed=7)
    assert (changed.builder, changed.seed) == ("nl_c2d_small", 7)
    assert changed.arguments == {**RECIPE["arguments"], "blocks": 1}
    assert changed.size == recipe.size
