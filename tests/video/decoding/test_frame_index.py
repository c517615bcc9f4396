from array import array
from fractions import Fraction

from keras_nonlocal.video.decoding.frame_index import FrameIndex, IndexCache, Keys


def index(frames):
    first = array("q", [0])
    keys = Keys(first, first)
    return FrameIndex(array("q", range(frames)), Fraction(1, 25), keys, Fraction(25))


def test_a_cached_index_is_made_again_when_the_file_changes(tmp_path):
    path, cache, made = tmp_path / "a", IndexCache(), []

    def make():
        made.append(len(made))
        return index(5)

    path.write_bytes(b"one")
    assert cache.get(path, False, make) is cache.get(path, False, make)
    assert cache.get(path, True, make) is not cache.get(path, False, make)
    path.write_bytes(b"three")
    cache.get(path, False, make)
    assert made == [0, 1, 2]


def test_the_cache_removes_the_oldest_indexes(tmp_path):
    cache, made = IndexCache(limit=10), []
    for name in "abca":
        path = tmp_path / name
        path.touch()
        cache.get(path, False, lambda name=name: made.append(name) or index(4))
    assert made == ["a", "b", "c", "a"]


def test_an_index_too_long_for_the_cache_is_returned(tmp_path):
    (tmp_path / "film").touch()
    assert len(IndexCache(limit=10).get(tmp_path / "film", False, lambda: index(99))) == 99
