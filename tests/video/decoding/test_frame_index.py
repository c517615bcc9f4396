from array import array
from fractions import Fraction

import numpy as np
import pytest
from video.conftest import encode

from keras_nonlocal.video.decoding.frame_index import FrameIndex, IndexCache, Keys
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import iterate_frames, read_frames


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


def patterns(count, level):
    video = np.zeros((count, 32, 48, 3), "uint8")
    for number in range(count):
        video[number, : 2 * number + 2] = level
    return video


@pytest.mark.parametrize("shift", [0, 1, 7])
@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "mpeg2video"])
def test_recordings_joined_byte_by_byte_are_played_one_after_the_other(tmp_path, codec, shift):
    """Times of the second one start again; with no shift they are those of the first."""
    takes, parts = [patterns(12, 100), patterns(12, 250)], []
    for number, take in enumerate(takes):
        times = [time + number * shift for time in range(12)]
        path = encode(tmp_path / f"{number}.ts", take, codec=codec, times=times, fps=25)
        parts.append(path.read_bytes())
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(parts))
    alone = [read_frames(tmp_path / f"{number}.ts", range(12)) for number in (0, 1)]
    frames = read_frames(joined, range(24))
    assert np.abs(frames.astype(int) - np.concatenate(alone)).max() <= 2
    np.testing.assert_array_equal([frame for _, frame in iterate_frames(joined)], frames)
    info = probe(joined)
    assert info.frames == 24
    assert abs(info.fps - 25) < 1
    assert abs(info.seconds - 24 / 25) < 0.05
