"""Damaged legacy files of PyTorch are refused."""

import pickle

import numpy as np
from checkpoints import writers
from checkpoints.hostile_files import doubled, each, little

STORAGES = [writers.Storage(np.ones(n, "f4"), "FloatStorage", str(n)) for n in (3, 5)]
CONTENT = {f"w{s.key}": writers.view(s, 0, (s.count,), (1,)) for s in STORAGES}
RIGHT = writers.torch_legacy(CONTENT)
KEYS = len(pickle.dumps(["3", "5"], 2))
NUMBERS = 2 * 8 + 3 * 4 + 5 * 4
MAGIC = pickle.dumps(writers.MAGIC, 2)


def keys(*keys):
    return writers.torch_legacy(CONTENT, keys=list(keys))


def five(count):
    return RIGHT.replace(little("q", 5), little("q", count))


def part(*place):
    storage = writers.Storage(np.ones(4, "f4"), "FloatStorage", "0", place)
    return writers.torch_legacy({"w": writers.view(storage, 0, (1,), (1,))})


def two_descriptions():
    kinds = ["FloatStorage", "IntStorage"]
    storages = [writers.Storage(np.ones(4, "f4"), kind, "0") for kind in kinds]
    return writers.torch_legacy({s.kind: writers.view(s, 0, (4,), (1,)) for s in storages})


OLD = {
    "its list of storages does not match its tensors": {
        "missing": keys("3"),
        "twice": keys("3", "3", "5"),
        "unknown": keys("3", "5", "7"),
        "numbers": keys(3, 5),
        "lists": keys([], []),
        "a dict": writers.torch_legacy(CONTENT, keys={"3": 1, "5": 2}),
        "a text": writers.torch_legacy(CONTENT, keys="35"),
        "doubled tuples": RIGHT[: -KEYS - NUMBERS] + b"\x80\x02]" + doubled(200) + b"a.",
    },
    "does not have 5 elements": {
        "swapped storages": keys("5", "3"),
        "one more": five(6),
        "huge": five(1 << 40),
        "negative": five(-5),
    },
    "it uses the elements": {"part beyond": part(3, 2), "huge part": part(0, 1 << 40)},
    "sizes must be integers": {"part before": part(-1, 2), "part of -1": part(3, -1)},
    "with arguments of other types": {
        "part of texts": part("0", "1"),
        "part of three": part(0, 1, 2),
    },
    "describes the storage '0' in two ways": {"a storage": two_descriptions()},
    "of a version other than 1001": {
        "1002": MAGIC + pickle.dumps(1002, 2),
        "none": MAGIC + pickle.dumps({}, 2),
    },
    "it is cut off or damaged": {
        "after the number": MAGIC,
        "after the version": MAGIC + pickle.dumps(1001, 2),
        "before the storages": RIGHT[:-NUMBERS],
        "in the last number": RIGHT[:-1],
    },
}


@each(OLD)
def test_hostile_legacy_files_are_refused(refused, reason, data):
    assert reason in refused(data)


def test_the_valid_legacy_file_is_read(read):
    found = read(RIGHT)
    assert {name: array.size for name, array in found.items()} == {"w3": 3, "w5": 5}
