"""A study: every network is trained once for each seed and group, and resumed if it stopped."""

import json
import shutil
from dataclasses import replace

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
from keras_nonlocal.studies import read_study, run_study, study_run
from keras_nonlocal.studies.study import Trial, recipe_of
from keras_nonlocal.studies.study_run import trials_of
from keras_nonlocal.utils.entries import study_names
from keras_nonlocal.utils.errors import TrainingStopped


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_videos(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return read_study(write_study(tmp_path_factory.mktemp("study")))


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


def test_a_folder_holds_results_of_the_same_videos(small, videos, tmp_path):
    out = tmp_path / "out"
    study_run.check_videos(out, read_source(videos))
    listed = [(path, path.parent.name) for path in sorted(videos.glob("*/*.mp4"))]
    others = [(path, {"jump": "walk", "walk": "jump"}[label]) for path, label in listed]
    with pytest.raises(ValueError, match=r"out' has results of other videos.*Name another folder"):
        run_study(*small, others, out)
    assert [path.name for path in out.iterdir()] == ["videos.json"]
    study_run.check_videos(out, read_source(listed))


@pytest.mark.slow
def test_each_training_is_done_once_and_a_study_resumes(small, videos, tmp_path, trained):
    row = small[0].rows[1]
    study = replace(small[0], seeds=(0,), rows=(row, replace(row, name="again")))
    run_study(study, small[1], videos, tmp_path)
    before = results(tmp_path)
    assert list(before) != []
    keys = [Trial(recipe_of(row, small[1]), person).key for person in PEOPLE]
    assert [key for key, _ in trained] == keys  # the second row is of the same recipe
    assert set(before) == set(keys)
    assert list((tmp_path / "runs").iterdir()) == []
    for person, key in zip(PEOPLE, keys, strict=True):
        assert list(before[key]) == ["group", "seed", "videos", "right", "loss", "seconds"]
        assert (before[key]["group"], before[key]["seed"], before[key]["videos"]) == (person, 0, 2)

    trained.clear()
    missing = tmp_path / "results" / f"{keys[1]}.json"
    missing.unlink()
    with FileLock(tmp_path / "runs" / f".{keys[1]}.lock"):  # as another process would
        run_study(study, small[1], videos, tmp_path)
    assert trained == []
    run_study(study, small[1], videos, tmp_path)
    [(key, paths)] = trained
    assert key == keys[1]
    assert len(paths) == 2
    assert not any(PEOPLE[1] in path for path in paths)
    after = results(tmp_path)[key]
    assert after["right"] == before[key]["right"]
    assert after["loss"] == pytest.approx(before[key]["loss"], rel=1e-4)


def test_each_group_is_left_out_once_and_all_videos_are_used(small, videos):
    manifest = read_source(videos)
    everything = {entry.path for entry in manifest}
    groups = small[0].groups(manifest)
    assert list(groups) == list(PEOPLE)
    for person, parts in groups.items():
        kept, left = ({entry.path for entry in part} for part in parts)
        assert left == {path for path in everything if f"/{person}_" in path}
        assert kept == everything - left


@pytest.mark.slow
def test_a_study_of_splits_trains_on_the_one_and_evaluates_the_other(videos, tmp_path, trained):
    for person, split in zip(PEOPLE, ("train", "val"), strict=True):
        for action in ("jump", "walk"):
            file = tmp_path / "split" / split / action / f"{person}.mp4"
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(videos / action / f"{person}_{action}.mp4", file)
    splits = {"group": None, "split": "train", "validation_subset": "val", "seeds": [3]}
    study = read_study(write_study(tmp_path / "study", **splits, rows=STUDY["rows"][:1]))
    run_study(*study, tmp_path / "split", tmp_path / "out")
    [(_, paths)] = trained
    assert len(paths) == 2
    assert not any("bob" in path for path in paths)
    [result] = results(tmp_path / "out").values()
    assert (result["group"], result["seed"], result["videos"]) == ("val", 3, 2)


@pytest.mark.slow
def test_a_training_that_stops_does_not_keep_others_from_being_tried(videos, tmp_path):
    wild = {"table": "a", "name": "wild", "changes": {"learning_rate": 1e38, "epochs": 4}}
    study = read_study(write_study(tmp_path / "s", rows=[wild, STUDY["rows"][0]], seeds=[0]))
    out = tmp_path / "out"
    write_results(out, *study, PEOPLE, [[[None, 1]], [[None, 1]]], videos=2)
    with pytest.raises(TrainingStopped, match=r"1 of 4 trainings stopped\. The first: .*loss"):
        run_study(*study, videos, out)
    assert len(results(out)) == 3


def test_seeds_come_one_after_the_other(small):
    seeds = [trial.recipe.seed for trial in trials_of(*small, PEOPLE)]
    assert seeds == sorted(seeds)
    assert len(seeds) == 2 * 2 * len(PEOPLE)


def test_a_published_number_does_not_change_the_key(small):
    row, recipe = small[0].rows[0], small[1]
    other = replace(row, published=71.8, name="other")
    assert Trial(recipe_of(row, recipe), "a").key == Trial(recipe_of(other, recipe), "a").key


@pytest.mark.parametrize("name", study_names())
def test_studies_of_the_zoo_fit_their_builders(name):
    study, recipe = read_study(name)
    assert study.rows
    assert recipe.about


def test_the_table_of_kinetics_holds_the_paper_s_rows():
    study, recipe = read_study("table2_kinetics")
    assert len(study.rows) == 5 + 5 + 8 + 8 + 4 + 6
    assert len(trials_of(study, recipe, ["val"])) == 23
    published = {}
    for row in study.rows:
        key = Trial(recipe_of(row, recipe), "val").key
        assert published.setdefault(key, row.published) == row.published


CHANGED = {"table": "a", "name": "wrong"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": []}, r"needs `rows`.*\[\]"),
        ({"seeds": []}, r"needs `seeds`.*\[\]"),
        ({"seeds": [1, 1]}, r"needs `seeds`, no two of them the same.*\[1, 1\]"),
        ({"rows": STUDY["rows"] + STUDY["rows"][:1]}, "needs `rows`, no two of them the same"),
        ({"group": None}, "either a `group` to leave out, or two different splits"),
        ({"validation_subset": "val"}, "either a `group`"),
        ({"group": None, "split": "val", "validation_subset": "val"}, "two different splits"),
        ({"sedes": [0]}, r"unknown: \['sedes'\]"),
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


def test_a_study_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match="table2_kinetics, table2_weizmann"):
        read_study("table3")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("^([0-9]+)_", "in the name of each file.*ann_jump.mp4"),
        ("[a-z]+_", "first parenthesis"),
        ("([a-z", "must be a regular expression"),
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


def test_a_wrong_seed_is_refused_before_training(small, videos, tmp_path):
    with pytest.raises(ValueError, match="`seed` must be"):
        run_study(replace(small[0], seeds=(0, -1)), small[1], videos, tmp_path)
    assert not (tmp_path / "runs").exists()


def test_a_split_that_is_not_there_is_refused(small, videos, tmp_path):
    study = replace(small[0], group=None, split="train", validation_subset="val")
    with pytest.raises(ValueError, match="`split` must be None: there are no splits"):
        run_study(study, small[1], videos, tmp_path)


def test_the_recipe_of_a_row_has_its_changes_and_the_seed(small):
    study, recipe = small
    changed = recipe_of(study.rows[1], recipe, seed=7)
    assert (changed.builder, changed.seed) == ("nl_c2d_small", 7)
    assert changed.arguments == {**RECIPE["arguments"], "blocks": 1}
    assert changed.size == recipe.size
