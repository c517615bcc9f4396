"""NumPy arrays in pickles with a wrong type, shape or number of bytes are refused."""

import numpy as np
from checkpoints import writers
from checkpoints.hostile_files import each
from checkpoints.writers import Called, Named

RECONSTRUCT = Named("numpy.core.multiarray", "_reconstruct")
NDARRAY = Named("numpy", "ndarray")
HUGE = 1 << 40


def kind(code, *state):
    return Called(Named("numpy", "dtype"), (code, False, True), state or None)


FLOAT = kind("f4", 3, "<", None, None, None, -1, -1, 0)


def pickled(value):
    return writers.pickled({"w": value}, 3)[0]


def array(shape, data=b"1234", of=FLOAT, columns=False):
    return pickled(Called(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, shape, of, columns, data)))


def made(*arguments, state=(1, (1,), FLOAT, False, b"1234")):
    return pickled(Called(RECONSTRUCT, arguments, state))


def number(*arguments):
    return pickled(Called(Named("numpy.core.multiarray", "scalar"), arguments))


def one_place_of_two_types():
    data = b"x" * 1024  # the same object, so that the file holds it once
    arrays = {
        name: Called(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, (shape,), kind(name), False, data))
        for name, shape in [("f4", 256), ("f8", 128)]
    }
    return writers.pickled(arrays, 3)[0]


ARRAYS = {
    "which is not one of": {
        "objects": array((1,), b"x" * 8, kind("O8")),
        "objects in a list": array((1,), [1], kind("O")),
        "bytes of 2^30": array((), b"", kind("V1073741824")),
        "text of 2^30": array((), b"", kind("U1073741824")),
        "two types": array((1,), b"12345678", kind("f4,f4")),
        "times": array((1,), b"12345678", kind("M8[s]")),
        "complex": array((1,), b"12345678", kind("c8")),
        "python": array((1,), b"12345678", kind("object")),
        "arrays of a type": array((1,), b"1234", kind("f4", 3, "|", (kind("O"), (9,)))),
        "number of objects": number(kind("O"), b"x" * 8),
    },
    "does not have a plain type": {
        "fields": array(
            *((1,), b"1234"), kind("f4", 3, "|", None, ("a",), {"a": (FLOAT, 0)}, 4, 1, 16)
        ),
        "subarrays": array((1,), b"1234", kind("f4", 3, "|", (FLOAT, (9,)), None, None, -1, -1, 0)),
        "no byte order": array((1,), b"1234", kind("f4", 3, "!", None, None, None, -1, -1, 0)),
        "byte order of a list": array(
            (1,), b"1234", kind("f4", 3, [], None, None, None, -1, -1, 0)
        ),
        "short state": array((1,), b"1234", kind("f4", 3, "<")),
        "state that is a dict": array(
            *((1,), b"1234"), Called(Named("numpy", "dtype"), ("f4", False, True), {"a": 1})
        ),
    },
    "sizes must be integers": {
        "negative": array((-1,)),
        "two negatives": array((-1, -1)),
        "texts": array(("1",)),
        "doubles": array((1.0,)),
        "zero and huge": array((0, 1 << 100), b""),
    },
    "more than 32 dimensions": {
        "100,000": array((1 << 100,) * 100_000),
        "65": array((1,) * 65),
    },
    "has 4 bytes": {
        "huge": array((HUGE, HUGE)),
        "two numbers": array((2,)),
        "no number": array((0,)),
        "columns": array((2, 3), columns=True),
        "text": array((2,), "1234"),
    },
    "has 1,024 bytes": {"bytes in the file": array((HUGE,), b"x" * 1024)},
    "has 8 bytes": {"a number": array((), b"12345678")},
    "with arguments of other types": {
        "shape that is none": array(1),
        "type that is none": array((1,), of=None),
        "bytes in a list": array((4,), [1, 2, 3, 4]),
        "state of three": made(NDARRAY, (0,), b"b", state=(1, (1,), FLOAT)),
        "state of a list": made(NDARRAY, (0,), b"b", state=[1, (1,), FLOAT, False, b"1234"]),
        "state of six": made(NDARRAY, (0,), b"b", state=(1, (1,), FLOAT, False, b"1234", 1)),
        "another class": made(Named("collections", "OrderedDict"), (0,), b"b"),
        "no arguments": made(),
        "number of no type": number("f4", b"1234"),
    },
    "codec can't encode": {"text that is no bytes": array((1,), "\N{EURO SIGN}uro")},
    "it holds no arrays": {
        "no state": made(NDARRAY, (0,), b"b", state=None),
        "only a number": number(FLOAT, b"1234"),
        "only a type": pickled(FLOAT),
    },
    "with two types": {"one place": one_place_of_two_types()},
}


@each(ARRAYS)
def test_hostile_numpy_arrays_are_refused(refused, reason, data):
    assert reason in refused(data)


def test_the_valid_array_is_read(read):
    assert read(array((1,)))["w"] == np.frombuffer(b"1234", "f4")


def test_codecs_encode_takes_short_latin1_only(refused):
    long = Called(Named("_codecs", "encode"), ("a" * 257, "latin1"))
    other = Called(Named("_codecs", "encode"), ("a", "rot13"))
    assert "_codecs.encode" in refused(array((1,), long))
    assert "_codecs.encode" in refused(array((1,), other))


def test_arrays_at_one_position_share_memory(read):
    data = b"x" * 1024
    arrays = {
        str(n): Called(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, (256,), FLOAT, False, data))
        for n in range(3)
    }
    found = read(writers.pickled(arrays, 3)[0])
    assert np.shares_memory(found["0"], found["2"])
