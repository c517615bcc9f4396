"""Zip files with a wrong directory, and those that PyTorch did not write, are refused."""

import struct
import zipfile

import numpy as np
from checkpoints import writers
from checkpoints.hostile_files import each, little

STORAGES = [writers.Storage(np.ones(n, "f4"), "FloatStorage", str(n)) for n in (3, 5)]
CONTENT = {f"w{s.key}": writers.view(s, 0, (s.count,), (1,)) for s in STORAGES}
MEMBERS = writers.torch_members(CONTENT)
THREE, FIVE = MEMBERS["archive/data/3"], MEMBERS["archive/data/5"]
RIGHT = writers.zip_bytes(MEMBERS)
DIRECTORY = RIGHT.index(b"PK\x01\x02")  # and its first entry, of data.pkl
SECOND = RIGHT.index(b"PK\x03\x04", 4)  # the second member
END = RIGHT.rindex(b"PK\x05\x06")
LARGE = 1 << 31


def replaced(**members):
    """Returns the valid file with some members replaced, or removed where `None`."""
    all_members = MEMBERS | {f"archive/{name}": data for name, data in members.items()}
    kept = {name: data for name, data in all_members.items() if data is not None}
    return writers.zip_bytes(kept)


def storages(**named):
    return replaced(**{f"data/{key[1:]}": data for key, data in named.items()})


def more(**named):
    """Returns the valid file with more members."""
    return writers.zip_bytes(MEMBERS | named)


def changed(place, new):
    """Returns the valid file with other bytes at a position."""
    return RIGHT[:place] + new + RIGHT[place + len(new) :]


def packed(members):
    return writers.zip_bytes(members, zipfile.ZIP_DEFLATED)


def root(name):
    return writers.zip_bytes(writers.torch_members(CONTENT, root=name))


def key_of_a_path():
    """Returns a file whose storage has the path of a file outside for a key."""
    members = writers.torch_members(CONTENT)
    data = members["archive/data.pkl"].replace(b"X\1\0\0\x003", b"X\4\0\0\x00../3")
    return writers.zip_bytes(members | {"archive/data.pkl": data})


def another_key(key):
    storage = writers.Storage(np.ones(3, "f4"), "FloatStorage", key)
    return writers.torch_zip({"w": writers.view(storage, 0, (3,), (1,))})


ZIPS = {
    "is compressed": {
        "all": packed(MEMBERS),
        "bomb": packed(MEMBERS | {"archive/data/9": b"\0" * (1 << 28)}),
        "bomb for a pickle": packed({"archive/data.pkl": b"\x80\x02" + b"N" * (1 << 26)}),
        "packed size": changed(DIRECTORY + 20, little("I", LARGE)),
        "size": changed(DIRECTORY + 24, little("I", LARGE)),
        "encrypted": changed(DIRECTORY + 8, b"\x01"),
    },
    "it is cut off or damaged": {
        "both sizes": changed(DIRECTORY + 20, little("2I", LARGE, LARGE)),
        "sizes of a missing extension": changed(DIRECTORY + 20, b"\xff" * 8),
        "start": changed(DIRECTORY + 42, little("I", LARGE)),
        "size of the directory": changed(END + 12, little("I", LARGE)),
        "end of a pickle": replaced(**{"data.pkl": MEMBERS["archive/data.pkl"][:-1]}),
    },
    "twice": {"storage": RIGHT.replace(b"archive/data/5", b"archive/data/3")},
    "no zip member starts at byte 1": {"start": changed(DIRECTORY + 42, little("I", 1))},
    "overlap": {
        "two": changed(DIRECTORY + 42, little("I", SECOND)),
    },
    "its zip directory is damaged": {
        "long name": changed(DIRECTORY + 28, b"\xff\xff"),
        "long extension": changed(DIRECTORY + 30, b"\xff\xff"),
        "long comment": changed(DIRECTORY + 32, b"\xff\xff"),
        "no entry": changed(DIRECTORY, b"PK\x09\x09"),
        "another place": changed(END + 16, little("I", 0)),
        "one byte more": changed(END + 12, little("I", END - DIRECTORY + 1)),
        "one byte less": changed(END + 12, little("I", END - DIRECTORY - 1)),
    },
    "64-bit zip directory is missing": {"full sizes": changed(END + 12, b"\xff" * 8)},
    "its zip directory is missing": {"comment": RIGHT + b"comment", "cut": RIGHT[:-1]},
    "codec can't decode": {"name that is no text": changed(DIRECTORY + 46, b"\xff\xfe")},
    "PyTorch did not write": {
        "no pickle": replaced(**{"data.pkl": None}),
        "two pickles": more(**{"other/data.pkl": b"\x80\x02}."}),
        "pickle without a folder": writers.zip_bytes({"data.pkl": b"\x80\x02}."}),
        "pickle in two folders": root("a/b"),
        "a document": writers.zip_bytes({"word/document.xml": b"<xml>"}),
    },
    "is missing": {"storage": storages(_3=None), "key of a path": key_of_a_path()},
    "has 20 bytes, and should have 3": {"swapped storages": storages(_3=FIVE, _5=THREE)},
    "has 11 bytes, and should have 3": {"short storage": storages(_3=THREE[1:])},
    "has 13 bytes, and should have 3": {"long storage": storages(_3=THREE + b"\0")},
    "byte order": {
        "unknown": replaced(byteorder="middle"),
        "long": replaced(byteorder="little" * 100_000),
    },
    "points out of the file": {
        "parent": more(**{"archive/../../escaped": b"x"}),
        "absolute": more(**{"/escaped": b"x"}),
        "root in the parent": root("../archive"),
        "absolute root": root("/archive"),
        "storage in the parent": another_key("../3"),
    },
}


@each(ZIPS)
def test_hostile_zip_files_are_refused(refused, reason, data):
    assert reason in refused(data)


def test_the_valid_zip_file_is_read(read):
    found = read(RIGHT)
    assert {name: array.size for name, array in found.items()} == {"w3": 3, "w5": 5}


def directory_of(count):
    """Returns a zip file of one header, and a directory that states `count` members."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 9, 6, *[0] * 6)
    directory = b"".join(entry + b"%06d" % number for number in range(count))
    start = struct.pack("<4s5H3I2H", b"PK\x03\x04", *[0] * 10)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0, 0, len(directory), len(start), 0)
    return start + directory + end


def test_zip_files_with_very_many_members_are_refused(refused):
    assert "PyTorch did not write" in refused(directory_of(80_000))
    assert "more than 4,194,304" in refused(directory_of(300_000))


def test_zip64_files_are_read(read):
    """Sizes, starts and directory are stored as in a file of more than 4 GB."""
    full, at, data = b"\xff" * 4, DIRECTORY, RIGHT[:DIRECTORY]
    while RIGHT[at : at + 4] == b"PK\x01\x02":
        size, start = RIGHT[at + 20 : at + 24], RIGHT[at + 42 : at + 46]
        name_size = int.from_bytes(RIGHT[at + 28 : at + 30], "little")
        name = RIGHT[at + 46 : at + 46 + name_size]
        wide = (number + b"\0" * 4 for number in (size, size, start))
        extra = little("2H", 0x9999, 3) + b"abc" + little("2H", 1, 24) + b"".join(wide)
        head = RIGHT[at : at + 20] + full * 2 + RIGHT[at + 28 : at + 30] + little("H", len(extra))
        data += head + RIGHT[at + 32 : at + 42] + full + name + extra
        at += 46 + name_size
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 0, 0, 0, 0)
    record = record[:-16] + little("2Q", len(data) - DIRECTORY, DIRECTORY)
    place = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(data), 1)
    end = RIGHT[END : END + 12] + full * 2 + b"\0\0"
    assert list(read(data + record + place + end)) == ["w3", "w5"]
