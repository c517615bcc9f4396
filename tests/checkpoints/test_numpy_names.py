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
        "number of objects": number(kind("O"), b"x" * 8),
    },
    "does not have a plain type": {
        "arrays of a type": array((1,), b"1234", kind("f4", 3, "|", (kind("O"), (9,)))),
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


def letters(text, encoding="latin1"):
    return Called(Named("_codecs", "encode"), (text, encoding))


LETTERS = {
    "_codecs.encode is called for 'rot13'": {"another code": array((1,), letters("a", "rot13"))},
    "has 5,000 bytes": {
        "too few letters": array((1251,), letters("a" * 5000)),
        "too many letters": array((624,), letters("a" * 5000)),
    },
    "an array has 1,200 of 1,250 elements": {
        "two bytes for some letters": array((1250,), letters("a" * 4600 + "\xff" * 200)),
    },
    "buffer size must be": {"no whole number": array((1250,), letters("a" * 4800 + "\xff" * 199))},
    "codec can't encode": {"no bytes": array((1250,), letters("a" * 4997 + "\N{EURO SIGN}"))},
}


@each(LETTERS)
def test_letters_that_are_not_the_bytes_of_an_array_are_refused(refused, reason, data):
    assert reason in refused(data)


def buffer(shape, *order, data=b"x" * 24, of=FLOAT):
    return pickled(Called(Named("numpy._core.numeric", "_frombuffer"), (data, of, shape, *order)))


BUFFERS = {
    "has 24 bytes": {"another shape": buffer((2, 4), "C"), "huge": buffer((HUGE, HUGE), "C")},
    "sizes must be integers": {"negative": buffer((-2, -3), "C")},
    "which is not one of": {
        "objects": buffer((3,), "C", of=kind("O8")),
        "complex": buffer((3,), "C", of=kind("c8")),
    },
    "has the axes": {
        "twice": buffer((2, 3), "K", (0, 0)),
        "one": buffer((2, 3), "K", (0,)),
        "beyond": buffer((2, 3), "K", (0, 2)),
    },
    "with arguments of other types": {
        "no order": buffer((2, 3)),
        "data that are none": buffer((2, 3), "C", data=None),
    },
}


@each(BUFFERS)
def test_hostile_buffers_are_refused(refused, reason, data):
    assert reason in refused(data)


def test_a_buffer_may_have_axes_in_any_order(read):
    numbers = np.arange(24, dtype="f4").reshape(2, 3, 4)
    found = read(buffer((2, 3, 4), "K", (2, 0, 1), data=numbers.tobytes()))
    np.testing.assert_array_equal(found["w"], numbers.transpose(2, 0, 1), strict=True)


def test_arrays_at_one_position_share_memory(read):
    data = b"x" * 1024
    arrays = {
        str(n): Called(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, (256,), FLOAT, False, data))
        for n in range(3)
    }
    found = read(writers.pickled(arrays, 3)[0])
    assert np.shares_memory(found["0"], found["2"])
