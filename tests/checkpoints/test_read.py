"""Every format gives the arrays that were written; files of other formats are refused."""

import argparse
import functools
import pickle
import random
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, datetime
from pathlib import PurePosixPath

import numpy as np
import pytest
from checkpoints import writers
from checkpoints.hostile_files import each

from keras_nonlocal.checkpoints import read_checkpoint

# What Python 2.7's cPickle and NumPy 1.16 wrote for
# {"blobs": {"pred_b": np.array([1, 2, 3], "float32"), "model_iter": 7, "lr": np.float32(0.5)}}
BY_PYTHON_2 = (
    b"\x80\x02}q\x01U\x05blobsq\x02}q\x03(U\x02lrq\x04cnumpy.core.multiarray\nscalar\nq\x05cnumpy\n"
    b"dtype\nq\x06U\x02f4K\x00K\x01\x87Rq\x07(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00"
    b"tbU\x04\x00\x00\x00?\x86Rq\x08U\nmodel_iterq\tK\x07U\x06pred_bq\ncnumpy.core.multiarray\n"
    b"_reconstruct\nq\x0bcnumpy\nndarray\nq\x0cK\x00\x85U\x01b\x87Rq\r(K\x01K\x03\x85h\x07\x89U\x0c"
    b"\x00\x00\x80?\x00\x00\x00@\x00\x00@@tbus."
)
FORMATS = {"zip": writers.torch_zip, "legacy": writers.torch_legacy}
each_format = pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"]


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        assert found[name].dtype.isnative, name
        np.testing.assert_array_equal(found[name], array, err_msg=name, strict=True)


def some_arrays(seed=0):
    """Returns arrays of every type, of different numbers of dimensions, and an empty one."""
    random = np.random.default_rng(seed)
    arrays = {kind: random.integers(0, 2, (3, 2, 5)).astype(kind) for kind in TYPES}
    arrays |= {"kernel": random.normal(size=(8, 3, 5, 7, 7)).astype("f4")}
    return arrays | {"scalar": np.array(7), "none": np.zeros((0, 4), "f4")}


@each_format
@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_torch_files_of_every_type_and_protocol(read, write, protocol):
    arrays = some_arrays()
    content = OrderedDict((name, writers.tensor(array)) for name, array in arrays.items())
    assert_same(read(write(content, protocol)), arrays)


@each_format
def test_views_of_a_storage_share_memory(read, write):
    numbers = np.arange(24, dtype="f4")
    storage = writers.storage(numbers)
    views = {
        "transposed": writers.view(storage, 0, (6, 4), (1, 6)),
        "offset": writers.view(storage, 5, (3,), (7,)),
        "repeated": writers.view(storage, 2, (5, 2), (0, 1)),
        "last": writers.view(storage, 23, (), ()),
    }
    expected = {
        "transposed": numbers.reshape(4, 6).T,
        "offset": numbers[[5, 12, 19]],
        "repeated": np.tile(numbers[2:4], (5, 1)),
        "last": numbers[23],
    }
    found = read(write(views))
    assert_same(found, {name: np.asarray(array) for name, array in expected.items()})
    assert np.shares_memory(found["transposed"], found["last"])


@each_format
def test_parameters_are_read_as_tensors(read, write):
    array = np.ones((2, 3), "f4")
    assert_same(read(write({"w": writers.parameter(writers.tensor(array))})), {"w": array})


def test_bool_bytes_other_than_one_are_true(read):
    storage = writers.Storage(np.array([0, 1, 2, 255], "u1"), "BoolStorage")
    content = {"b": writers.view(storage, 0, (4,), (1,))}
    found = read(writers.torch_zip(content))
    assert_same(found, {"b": np.array([False, True, True, True])})
    assert found["b"].view("u1").tolist() == [0, 1, 1, 1]


@each_format
def test_bfloat16_becomes_float32_exactly(read, write):
    halves = np.array([0x3F80, 0xC000, 0x0001, 0x7F80, 0x8000], "u2")
    storage = writers.Storage(halves, "BFloat16Storage")
    found = read(write({"w": writers.view(storage, 0, (5,), (1,))}))
    expected = np.array([1, -2, 2.0**-133, np.inf, -0.0], "f4")
    assert_same(found, {"w": expected})
    assert np.signbit(found["w"][4])


def test_big_endian_zip_files_give_native_numbers(read):
    arrays = some_arrays(1)
    content = {name: writers.tensor(array) for name, array in arrays.items()}
    assert_same(read(writers.torch_zip(content, order="big")), arrays)


def test_zip_files_without_byte_order_are_little_endian(read):
    members = writers.torch_members({"w": writers.tensor(np.ones(3, "f4"))})
    del members["archive/byteorder"]
    assert_same(read(writers.zip_bytes(members)), {"w": np.ones(3, "f4")})


def test_legacy_files_may_hold_parts_of_storages(read):
    numbers = np.arange(10, dtype="f4")
    part = writers.Storage(numbers, "FloatStorage", "0", (4, 5))
    whole = writers.Storage(numbers, "FloatStorage", "0")
    content = {
        "part": writers.view(part, 1, (2, 2), (2, 1)),
        "whole": writers.view(whole, 0, (10,), (1,)),
    }
    expected = {"part": numbers[5:9].reshape(2, 2), "whole": numbers}
    assert_same(read(writers.torch_legacy(content)), expected)


def test_views_stay_within_their_part_of_a_storage(read):
    part = writers.Storage(np.arange(10, dtype="f4"), "FloatStorage", "0", (4, 3))
    with pytest.raises(ValueError, match="does not fit the 3 elements"):
        read(writers.torch_legacy({"part": writers.view(part, 0, (4,), (1,))}))


def test_rebuild_tensor_of_the_first_version(read):
    arguments = (writers.storage(np.arange(6.0)), 2, (2, 2), (2, 1))
    content = {"w": writers.Called(writers.Named("torch._utils", "_rebuild_tensor"), arguments)}
    assert_same(read(writers.torch_legacy(content)), {"w": np.array([[2.0, 3.0], [4.0, 5.0]])})


def test_a_pickle_of_python_2(read):
    assert_same(read(BY_PYTHON_2), {"pred_b": np.array([1, 2, 3], "f4")})


@pytest.mark.parametrize("blobs", [True, False])
def test_caffe2_pickles(read, blobs):
    arrays = some_arrays(2)
    arrays["columns"] = np.asfortranarray(arrays["kernel"][0, 0])
    arrays["few_columns"] = np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3))
    others = {"model_iter": 400_000, "lr": np.float32(0.01), "cfg": "x: 1", "long": 1 << 40}
    assert_same(read(writers.caffe2(arrays | others, blobs)), arrays)


def test_big_endian_arrays_become_native(read):
    array = np.arange(100, dtype=">i4").reshape(4, 25)
    assert_same(read(writers.caffe2({"w": array})), {"w": array.astype("i4")})


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_pickles_of_python_3(read, protocol):
    arrays = some_arrays(3)
    arrays |= {"columns": np.asfortranarray(arrays["kernel"][0, 0]), "part": arrays["f4"][::2, 1]}
    arrays |= {
        "axes": arrays["kernel"].transpose(1, 2, 3, 4, 0),
        "bytes": np.arange(256, dtype="u1"),
    }
    assert_same(read(pickle.dumps({"blobs": arrays, "lr": 0.1}, protocol=protocol)), arrays)


class Saved:
    """An object of a training program."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def new(module, name, *arguments, **options):
    return writers.Called(writers.Named(module, name), arguments, **options)


RECURSIVE = ([],)
RECURSIVE[0].append(RECURSIVE)
EXTRAS = {
    "Namespace": argparse.Namespace(lr=0.1, layers=[3, 4]),
    "set": {1, "a"},
    "frozenset": frozenset([1, 2]),
    "defaultdict": defaultdict(list, a=[1]),
    "Counter": Counter("abca"),
    "deque": deque([1, 2], maxlen=5),
    "random": random.Random(0).getstate(),
    "RandomState": np.random.RandomState(0),
    "Generator": np.random.default_rng(0),
    "date": datetime(2024, 5, 17, tzinfo=UTC),
    "path": PurePosixPath("a/b"),
    "partial": functools.partial(sorted, reverse=True),
    "class": Saved,
    "object": Saved(name="run", history=[Saved(loss=0.5)]),
    "ordered": OrderedDict(a=Saved()),
    "texts": np.array(["a", "b"]),
    "objects": np.array([{}, None], dtype=object),
    "records": np.zeros(3, [("a", "f4"), ("b", "i8")]),
    "str_": np.str_("a"),
    "datetime64": np.datetime64("2024-05-17"),
    "dtype": np.dtype("c8"),
    "large integer": 1 << 800,
    "long text": "x: 1\n" * 5000,
    "bytes": bytearray(b"a" * 300),
    "keys": {(1, 2): 3, b"a": 4, Saved: 5},
    "recursive tuple": RECURSIVE,
    "device": new("torch", "device", "cpu"),
    "dtype of PyTorch": writers.Named("torch", "float32"),
    "history": new("mmengine.logging.history_buffer", "HistoryBuffer", state={"a": np.ones(3)}),
    "module": new("models", "Network", state={"w": writers.tensor(np.ones(3, "f4"))}),
    "complex": new(
        "torch._utils",
        "_rebuild_tensor_v2",
        *(writers.Storage(np.ones(3, "c8"), "ComplexFloatStorage"), 0, (3,), (1,), False, {}),
    ),
}


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", EXTRAS)
def test_what_a_training_run_saves_beside_the_weights_is_skipped(read, name, protocol):
    weights = {"w": writers.tensor(np.ones(2, "f4"))}
    content = {"before": EXTRAS[name], "state_dict": weights, "after": [EXTRAS[name]]}
    assert_same(read(writers.torch_zip(content, protocol)), {"w": np.ones(2, "f4")})
    if name != "complex":  # storages of a legacy file follow each other, so every size is needed
        assert_same(read(writers.torch_legacy(content, protocol)), {"w": np.ones(2, "f4")})


OBJECTS_WITH_ARRAYS = ("texts", "objects", "records", "module", "complex", "history")
OBJECTS_WITH_ARRAYS += ("RandomState", "Generator")


@pytest.mark.parametrize("name", EXTRAS)
def test_among_the_weights_only_what_holds_arrays_is_an_error(read, name):
    content = {"w": writers.tensor(np.ones(2, "f4")), "odd": EXTRAS[name]}
    for protocol in (2, 5):
        for level, data in (("", content), ("'state_dict', ", {"state_dict": content})):
            file = writers.torch_zip(data, protocol)
            if name in OBJECTS_WITH_ARRAYS:
                with pytest.raises(ValueError, match=f"its entry {level}'odd' cannot be read: "):
                    read(file)
            else:
                assert_same(read(file), {"w": np.ones(2, "f4")})


@pytest.mark.parametrize("protocol", [2, 5])
def test_an_integer_of_many_bytes_is_skipped(read, protocol):
    content = {"seed": 1 << 5000, "w": np.ones(2, "f4")}
    assert_same(read(pickle.dumps(content, protocol)), {"w": np.ones(2, "f4")})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model": EXTRAS["module"]}, "its entry 'model', cannot be read: it refers to models.Net"),
        (EXTRAS["module"], r"checkpoint: it refers to models\.Network, which could run code"),
        ({"a": {}, "b": [EXTRAS["object"]]}, r"its entry 'b' is no array: it refers to \S+Saved,"),
        (
            {name: {"w": writers.tensor(np.ones(2, "f4"))} for name in ("net", "net_ema")},
            r"holds arrays in 2 entries: \['net', 'net_ema'\]",
        ),
    ],
)
def test_the_error_names_the_entry(read, content, message):
    with pytest.raises(ValueError, match=message):
        read(writers.torch_zip(content))


def test_the_only_entry_with_arrays_holds_the_weights(read):
    optimizer = {"state": {0: {"momentum": writers.tensor(np.zeros(2, "f4"))}}}
    content = {"epoch": 3, "net": {"w": writers.tensor(np.ones(2, "f4"))}, "optimizer": optimizer}
    assert_same(read(writers.torch_zip(content)), {"w": np.ones(2, "f4")})


@pytest.mark.parametrize("kind", [defaultdict, OrderedDict])
def test_weights_may_be_in_other_dicts(read, kind):
    weights = {"w": np.ones(2, "f4"), "b": np.zeros(1, "i8")}
    filled = defaultdict(float, weights) if kind is defaultdict else kind(weights)
    for protocol in range(1, 6):
        assert_same(read(pickle.dumps({"model": filled}, protocol)), weights)


def test_weights_may_be_in_an_ordered_dict_of_python_2(read):
    pairs = [["w", writers.tensor(np.ones(2, "f4"))], ["step", 3]]
    content = new("collections", "OrderedDict", pairs)
    assert_same(read(writers.torch_legacy(content)), {"w": np.ones(2, "f4")})


@pytest.mark.parametrize(
    "level", ["blobs", "model_state", "state_dict", "model", "model_state_dict"]
)
def test_levels_around_the_weights_are_removed(read, level):
    weights = OrderedDict(w=writers.tensor(np.ones(2, "f4")))
    others = {"epoch": 3, "optimizer": {0: {"w": writers.tensor(np.zeros(2, "f4"))}}}
    found = read(writers.torch_zip({**others, level: weights, "meta": {"config": "a = 1"}}))
    assert_same(found, {"w": np.ones(2, "f4")})


def test_a_weight_with_the_name_of_a_level(read):
    content = {"model": writers.tensor(np.ones(2, "f4")), "b": writers.tensor(np.zeros(1, "f4"))}
    assert_same(
        read(writers.torch_zip(content)), {"model": np.ones(2, "f4"), "b": np.zeros(1, "f4")}
    )


def test_attributes_of_a_state_dict_are_ignored(read):
    items = {"w": writers.tensor(np.ones(2, "f4"))}
    ordered = writers.Named("collections", "OrderedDict")
    weights = writers.Called(ordered, (), {"_metadata": {"": {"version": 1}}}, items)
    assert_same(read(writers.torch_zip(weights)), {"w": np.ones(2, "f4")})


def test_arrays_are_writable_and_outlive_the_file(tmp_path):
    path = tmp_path / "file"
    for data in (writers.torch_zip({"w": writers.tensor(np.ones(9, "f4"))}), BY_PYTHON_2):
        path.write_bytes(data)
        (array,) = read_checkpoint(path).values()
        path.unlink()
        array += 1
        assert array[0] == 2


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pth"):
        read_checkpoint(tmp_path / "nowhere.pth")


OTHERS = {
    "it is empty": {"nothing": b""},
    "it starts with": {
        "page": b"<!DOCTYPE html><html>Not found</html>",
        "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
        "HDF5": b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
        "gzip": b"\x1f\x8b\x08" + b"\0" * 100,
        "tar": b"archive/data.pkl" + b"\0" * 496,
        "zeros": b"\0" * 5000,
        "empty zip": writers.zip_bytes({}),
        "program": b"import os\nos.system('true')\n",
        "noise": np.random.default_rng(0).bytes(5000),
    },
    "it is cut off or damaged": {"one byte of a pickle": b"\x80"},
}


@each(OTHERS)
def test_other_files_are_refused(refused, reason, data):
    assert reason in refused(data)


def test_a_folder_is_not_a_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        read_checkpoint(tmp_path)
