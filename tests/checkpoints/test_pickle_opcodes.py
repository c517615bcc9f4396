"""Pickles whose instructions claim too much, lack arguments or misuse values are refused."""

import pickle

import pytest
from checkpoints import writers
from checkpoints.hostile_files import ALLOWANCE, doubled, each, little, text

from keras_nonlocal.checkpoints import pickle_opcodes

ORDERED = b"ccollections\nOrderedDict\n"
SYSTEM = b"cos\nsystem\n"
PICKLES = {
    "names and texts have more than": {
        "many texts": text("a" * 4000 + "\N{GRINNING FACE}") * 1100,
    },
    "it is cut off or damaged": {
        "text of 2^64 - 1 bytes": pickle.BINUNICODE8 + little("Q", (1 << 64) - 1),
        "text of 2^62 bytes": pickle.BINUNICODE8 + little("Q", 1 << 62),
        "text of 2^32 - 1 bytes": pickle.BINUNICODE + little("I", (1 << 32) - 1),
        "byte array of 2^40": pickle.BYTEARRAY8 + little("Q", 1 << 40),
        "integer of 2^31 - 1 bytes": pickle.LONG4 + little("i", (1 << 31) - 1),
        "integer of -1 byte": pickle.LONG4 + little("i", -1),
        "2^63 - 1 bytes": pickle.BINBYTES8 + little("Q", (1 << 63) - 1),
        "2^32 - 1 bytes": pickle.BINBYTES + little("I", (1 << 32) - 1),
        "Python 2 text of 2^31 - 1 bytes": pickle.BINSTRING + little("i", (1 << 31) - 1),
        "Python 2 text of -1 byte": pickle.BINSTRING + little("i", -1),
        "short text": pickle.SHORT_BINUNICODE + b"\xff",
        "short bytes": pickle.SHORT_BINBYTES + b"\xff",
    },
    "is not a pickle instruction that": {
        "buffer": pickle.NEXT_BUFFER,
        "read only buffer": pickle.NONE + pickle.READONLY_BUFFER,
        "extension": pickle.EXT1 + b"\x01",
        "far extension": pickle.EXT4 + little("i", 1 << 30),
        "persistent text": pickle.PERSID + b"storage\n",
        "text of protocol 0": pickle.STRING + b"'a'\n",
        "the last value twice": pickle.NONE + pickle.DUP,
        "no known byte": b"\xff",
    },
    "it refers to os.system, which could run code": {
        "instance": pickle.MARK + text("true") + pickle.INST + b"os\nsystem\n",
        "object": pickle.MARK + SYSTEM + text("true") + pickle.OBJ,
        "new object": SYSTEM + text("true") + pickle.TUPLE1 + pickle.NEWOBJ,
        "new object with keywords": SYSTEM + b")}" + pickle.NEWOBJ_EX,
    },
    "a line is cut off or too long": {
        "integer of a million digits": pickle.LONG + b"9" * 1_000_000 + b"L\n",
        "name of a million letters": pickle.GLOBAL + b"a" * 1_000_000 + b"\nb\n",
        "name without end": pickle.GLOBAL + b"os\nsystem",
    },
    "invalid literal": {"integer of letters": pickle.INT + b"abc\n"},
    "codec can't decode": {
        "name that is no text": pickle.GLOBAL + b"\xff\xfe\nname\n",
        "text that is no text": pickle.SHORT_BINUNICODE + b"\x02\xff\xfe",
    },
    "was never stored": {
        "memo": pickle.BINGET + b"\x05",
        "far memo": pickle.LONG_BINGET + little("I", (1 << 32) - 1),
    },
    "lacks its argument": {
        "tuple": pickle.TUPLE1,
        "tuple of three": b"NN" + pickle.TUPLE3,
        "call": pickle.EMPTY_TUPLE + pickle.REDUCE,
        "state": pickle.NONE + pickle.BUILD,
        "entry": pickle.NONE + pickle.APPEND,
        "item": b"NN" + pickle.SETITEM,
        "memory": pickle.MEMOIZE,
        "numbered memory": pickle.BINPUT + b"\x01",
        "storage": pickle.BINPERSID,
        "name": text("os") + pickle.STACK_GLOBAL,
        "frame": pickle.FRAME + little("Q", 1 << 63),
        "hidden by a mark": pickle.EMPTY_LIST + pickle.NONE + pickle.MARK + pickle.APPEND,
        "everything": b"",
    },
    "lacks its mark": {
        "tuple of many": pickle.TUPLE,
        "entries": pickle.EMPTY_LIST + pickle.APPENDS,
        "items": pickle.EMPTY_DICT + pickle.SETITEMS,
    },
    "has protocol 200": {"protocol": pickle.PROTO + b"\xc8"},
    "expected a call": {
        "object of nothing": pickle.MARK + pickle.OBJ,
        "object of none": pickle.MARK + pickle.NONE + pickle.OBJ,
        "call of a text": text("os") + b")R",
        "call of a result": ORDERED + b")R" + b")R",
        "call of a class": b"cnumpy\nndarray\n" + b")R",
    },
    "expected a tuple": {
        "call with a list": ORDERED + pickle.EMPTY_LIST + pickle.REDUCE,
        "storage of a number": b"K\x01" + pickle.BINPERSID,
    },
    "with arguments of other types": {
        "call with None": ORDERED + b"N\x85R",
        "new object with keywords": ORDERED + b")}" + pickle.NEWOBJ_EX,
    },
    "expected a value that takes a state": {
        "state of a dict": b"}}b",
        "state of a function": ORDERED + b"}b",
        "state of a class": b"cnumpy\nndarray\n" + b"}b",
    },
    "expected a str": {"name of numbers": b"K\x01K\x01" + pickle.STACK_GLOBAL},
    "it has a key that is no name": {
        "list as a key": b"}]Ns",
        "tuple as a key": b"})Ns",
        "function as a key": b"}" + ORDERED + b"Ns",
        "doubled tuple as a key": b"}" + doubled(200) + b"Ns",
    },
    "a key of a dict has no value": {"items": b"}(Nu"},
    "expected a dict": {"item of a list": b"]NNs", "items of a text": text("a") + b"(NNu"},
    "expected a list": {"entry of a dict": b"}Na", "entries of a tuple": b")(Ne"},
    "and not a dict of arrays": {
        "list": b"]",
        "integer of 255 bytes": pickle.LONG1 + b"\xff" + b"\x7f" * 255,
        "number": b"K\x01",
        "doubled tuples": doubled(200),
        "list in itself": b"]q\x00h\x00a",
        "far memory": pickle.NONE + pickle.LONG_BINPUT + little("I", (1 << 32) - 1),
    },
    "it holds a set": {
        "set": pickle.EMPTY_SET + b"(" + SYSTEM + text("true") + b"\x85R" + pickle.ADDITEMS,
        "frozen set": b"(" + SYSTEM + text("true") + b"\x85R" + pickle.FROZENSET,
    },
    "holds no arrays": {
        "new ordered dict": ORDERED + pickle.EMPTY_TUPLE + pickle.NEWOBJ,
        "dict": b"}",
        "doubled tuple as a level": b"}" + text("blobs") + doubled(200) + b"s",
        "dict in itself": b"}q\x00" + text("blobs") + b"h\x00s",
    },
}


@each(PICKLES)
def test_hostile_pickles_are_refused(refused, reason, data):
    data = b"\x80\x02" + data + b"."
    assert reason in refused(data)
    if "storage" not in reason:
        refused(writers.zip_bytes({"archive/data.pkl": data}))
        refused(pickle.dumps(writers.MAGIC, 2) + pickle.dumps(1001, 2) + data)


LETTERS = b"X\xff\x00\x00\x00" + b"a" * 255
OFTEN = {
    "lists": b"]",
    "stored lists": b"]\x94",
    "stored dicts": b"}\x94",
    "marks": b"(",
    "nested tuples": b"\x85",
    "lists in themselves": b"]q\x00h\x00a",
    "integers": pickle.LONG1 + b"\x10" + b"\x7f" * 16,
    "stored integers": pickle.LONG1 + b"\x10" + b"\x7f" * 16 + b"\x94",
    "short bytes": pickle.SHORT_BINBYTES + b"\xff" + b"a" * 255,
    "dicts with items": b"}NNs",
    "ordered dicts": b"h\x01)R",
    "encoded texts": b"h\x02h\x03R",
    "types": b"h\x04h\x05R",
}
BEFORE = (
    b"N" + ORDERED + b"q\x01c_codecs\nencode\nq\x02" + LETTERS + text("latin1") + b"\x86q\x03"
) + (b"cnumpy\ndtype\nq\x04U\x02f4K\x00K\x01\x87q\x05")


@pytest.mark.parametrize("name", OFTEN)
def test_pickles_with_too_many_instructions_are_refused(refused, monkeypatch, name):
    monkeypatch.setattr(pickle_opcodes, "MAX_INSTRUCTIONS", 25_000)  # a tenth, of the memory too
    data = b"\x80\x02" + BEFORE + OFTEN[name] * 30_000 + b"."
    assert "more than 25,000 instructions" in refused(data, ALLOWANCE // 10)


def test_deeply_nested_lists_do_not_overflow(refused):
    assert "250,000" in refused(b"\x80\x02" + b"]" * 128_000 + b"a" * 127_999 + b".")
    assert "not a dict of arrays" in refused(b"\x80\x02" + b"]" * 124_000 + b"a" * 123_999 + b".")
