"""Scores are written, read and merged without a change; invalid scores are rejected."""

import numpy as np
import pytest

from keras_nonlocal.metrics import Scores, read_scores, write_scores
from keras_nonlocal.metrics.score_shard import ScoreShard, read_shard, write_shard

NAMES = ("a", "b", "c")


def scores_of(rows, **changed):
    rng = np.random.default_rng(0)
    every = rng.random((6, 3)).astype("float32")
    parts = {
        "paths": tuple(f"{row}.mp4" for row in rows),
        "class_names": NAMES,
        "targets": np.array([row % 3 for row in rows], "int64"),
        "probabilities": every[list(rows)],
        "ranks": np.array([[row % 3, 0] for row in rows], "int32").reshape(-1, 2),
    }
    return Scores(**{**parts, **changed})


def assert_same(one, other):
    assert (one.paths, one.class_names) == (other.paths, other.class_names)
    for name in ("targets", "probabilities", "ranks"):
        left, right = getattr(one, name), getattr(other, name)
        assert getattr(left, "dtype", None) == getattr(right, "dtype", None)
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    "scores",
    [
        scores_of(range(6)),
        scores_of([]),
        scores_of([0, 1], targets=np.eye(2, 3, dtype="float32"), ranks=None),
        scores_of([2], paths=("Ünïcode/été 1.mp4",)),
    ],
    ids=["one class", "no videos", "several classes", "other letters"],
)
def test_scores_survive_writing_and_reading(scores, tmp_path):
    write_scores(scores, tmp_path / "new" / "test.npz")
    assert_same(read_scores(tmp_path / "new" / "test.npz"), scores)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["test.npz"]


def write_shards(folder, count=2, **last_shard):
    for index in range(count):
        rows = np.arange(index, 6, count)
        given = {"scores": scores_of(rows), "positions": rows, "settings": {"clips": 10}}
        part = ScoreShard(**{**given, **(last_shard if index == count - 1 else {})})
        write_shard(part, folder / f"scores-{index:05d}-of-{count:05d}.npz")


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_shards_are_merged_in_the_order_of_the_source(count, tmp_path):
    write_shards(tmp_path, count)
    assert_same(read_scores(tmp_path), scores_of(range(6)))


def test_skipped_videos_are_missing_from_the_merged_scores(tmp_path):
    write_shards(tmp_path, scores=scores_of([1, 5]), positions=np.array([1, 5]))
    assert_same(read_scores(tmp_path), scores_of([0, 1, 2, 4, 5]))


INVALID_FOLDERS = {
    "still to be done": (
        lambda folder: write_shards(folder, num_remaining=2),
        "2 more are still to be evaluated",
    ),
    "other settings": (
        lambda folder: write_shards(folder, settings={"clips": 3}),
        r"(?s)have different settings:\n  clips: 10, in scores-00001-of-00002.npz 3",
    ),
    "other classes": (
        lambda folder: write_shards(folder, scores=scores_of([1, 3, 5], class_names=tuple("abx"))),
        r"(?s)class_names\[2\]: 'c', in scores-00001-of-00002.npz 'x'",
    ),
    "a video twice": (
        lambda folder: write_shards(folder, positions=np.array([0, 3, 5])),
        "the scores of one example twice",
    ),
    "a process missing": (
        lambda folder: (
            write_shards(folder),
            (folder / "scores-00000-of-00002.npz").unlink(),
        ),
        r"Missing: \['scores-00000-of-00002.npz'\]",
    ),
    "two runs": (
        lambda folder: (write_shards(folder), write_shards(folder, 1)),
        r"Unexpected: \['scores-00000-of-00002.npz', 'scores-00001-of-00002.npz'\]",
    ),
}


@pytest.mark.parametrize("case", INVALID_FOLDERS)
def test_incomplete_or_inconsistent_folders_are_rejected(case, tmp_path):
    make, message = INVALID_FOLDERS[case]
    make(tmp_path)
    with pytest.raises(ValueError, match=message):
        read_scores(tmp_path)


def test_a_missing_file_or_empty_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"scores-00000-of-00001\.npz"):
        read_scores(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_scores(tmp_path / "nowhere.npz")


def test_damaged_and_foreign_files_are_rejected(tmp_path):
    path = tmp_path / "scores.npz"
    write_scores(scores_of(range(6)), path)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:100], whole[:-30], whole.replace(b"0.mp4"[:1], b"\xff")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"scores\.npz' is not a file of scores"):
            read_scores(path)
    np.savez(path, paths=np.array(["a"]))
    with pytest.raises(ValueError, match="the array 'class_names' is missing"):
        read_scores(path)


def test_reading_executes_no_pickled_code(tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "executed"), "w")

    path = tmp_path / "scores.npz"
    write_scores(scores_of([0]), path)
    arrays = dict(np.load(path))
    np.savez(path, **{**arrays, "paths": np.array([Trap()], object)})
    with pytest.raises(ValueError, match="not an npz file of plain arrays"):
        read_scores(path)
    assert not (tmp_path / "executed").exists()


def test_file_name_must_end_in_npz(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.npz"):
        write_scores(scores_of([0]), tmp_path / "scores.csv")


def test_a_shard_keeps_its_positions_and_settings(tmp_path):
    part = ScoreShard(scores_of([3, 1]), np.array([3, 1]), 4, {"size": [8, 8], "flip": False})
    write_shard(part, tmp_path / "p.npz")
    back = read_shard(tmp_path / "p.npz")
    assert (back.num_remaining, back.settings) == (4, {"size": [8, 8], "flip": False})
    assert back.positions.tolist() == [3, 1]


INVALID = {
    "too few probabilities": {"probabilities": np.ones((2, 3), "float32")},
    "float64": {"probabilities": np.ones((3, 3))},
    "no array": {"probabilities": [[0.0] * 3] * 3},
    "logits": {"probabilities": np.full((3, 3), -4, "float32")},
    "not a number": {"probabilities": np.full((3, 3), np.nan, "float32")},
    "class out of range": {"targets": np.array([0, 1, 3])},
    "class below range": {"targets": np.array([0, 1, -1])},
    "targets of another type": {"targets": np.array([0.0, 1.0, 2.0])},
    "ranks of another count": {"ranks": np.zeros((2, 2), "int32")},
    "no ranks": {"ranks": None},
    "ranks of several classes": {
        "targets": np.ones((3, 3), "float32"),
        "ranks": np.zeros((3, 2), "int32"),
    },
    "targets of several beyond one": {"ranks": None, "targets": np.full((3, 3), 2, "float32")},
    "targets of several unknown": {"ranks": None, "targets": np.full((3, 3), np.nan, "float32")},
    "too few targets of several": {"ranks": None, "targets": np.ones((3, 2), "float32")},
}


@pytest.mark.parametrize("case", INVALID)
def test_arrays_that_do_not_fit_are_rejected(case):
    with pytest.raises(ValueError, match=f"`{next(reversed(INVALID[case]))}` must") as error:
        scores_of([0, 1, 2], **INVALID[case])
    assert "\n" not in str(error.value)
