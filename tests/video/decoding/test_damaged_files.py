"""Reading a damaged file gives a clip or a `VideoError` in time, and nothing else."""

import faulthandler
import gc
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import real_clips

from keras_nonlocal.video.decoding.container import VideoError
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import count_frames, read_clip

FRAMES, SIZE = 20, (48, 64)
SECONDS = 5  # limit for one file; reading takes milliseconds
KINDS = {
    "h264.mp4": ("libx264", "yuv420p", {"g": "8", "bf": "2"}),
    "mpeg4.avi": ("mpeg4", "yuv420p", {"g": "8"}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
    "mjpeg.mkv": ("mjpeg", "yuvj420p", {}),
    "gif.gif": ("gif", "rgb8", {}),
}


def moving_square():
    video = np.full((FRAMES, *SIZE, 3), 60, "uint8")
    for number, square in enumerate(video):
        square[10:30, 2 * number : 2 * number + 16] = (200, 40, 90)
    return video


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory):
    """The bytes of a small file of each kind."""
    folder, content = tmp_path_factory.mktemp("videos"), {}
    for name, (codec, pixels, options) in KINDS.items():
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream(codec, rate=10, options=options)
            stream.height, stream.width, stream.pix_fmt = *SIZE, pixels
            stream.codec_context.time_base = Fraction(1, 10)
            for number, square in enumerate(moving_square()):
                frame = av.VideoFrame.from_ndarray(square, format="rgb24").reformat(format=pixels)
                frame.pts, frame.time_base = number, Fraction(1, 10)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        content[name] = (folder / name).read_bytes()
    return content


def truncated(content: bytearray, rng) -> bytearray:
    return content[: rng.integers(len(content))]


def flipped(content: bytearray, rng) -> bytearray:
    for place in rng.integers(len(content), size=rng.integers(1, 30)):
        content[place] ^= 1 << rng.integers(8)
    return content


def zeroed(content: bytearray, rng) -> bytearray:
    start = int(rng.integers(len(content)))
    end = min(start + int(rng.integers(1, max(len(content) // 4, 2))), len(content))
    content[start:end] = bytes(end - start)
    return content


DAMAGES = (truncated, flipped, zeroed)


def with_damage(content: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    return bytes(DAMAGES[seed % len(DAMAGES)](bytearray(content), rng))


def result_of(call, *arguments, **options):
    """The result of a call or its `VideoError`, in time; a hang ends the process."""
    start = time.monotonic()
    faulthandler.dump_traceback_later(20 * SECONDS, exit=True)
    try:
        given = call(*arguments, **options)
    except VideoError as error:
        given = error
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert time.monotonic() - start < SECONDS
    return given


def successful_reads(path: Path) -> int:
    """Reads a file with each policy, checks the results, and returns how many succeed."""
    clips = [
        result_of(read_clip, path, 8, frame_stride=2, size=(24, 32), on_error=policy)
        for policy in ("raise", "previous_frame")
    ]
    given = [clip for clip in clips if not isinstance(clip, VideoError)]
    assert all(clip.shape == (8, 24, 32, 3) and clip.dtype == np.uint8 for clip in given)
    if not isinstance(clips[0], VideoError):  # without damage, both policies give the same
        np.testing.assert_array_equal(*clips)
    count, info = result_of(count_frames, path), result_of(probe, path)
    assert isinstance(count, VideoError) or count > 0
    assert isinstance(info, VideoError) or info.frames > 0
    return len(given)


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_gives_a_clip_or_a_video_error_in_time(name, undamaged, tmp_path):
    path, given = tmp_path / name, []
    for seed in range(100):
        path.write_bytes(with_damage(undamaged[name], seed))
        given.append(successful_reads(path))
    assert {0, 2} <= set(given)  # the damage is neither always fatal nor always harmless


def test_a_file_truncated_in_its_first_frame_gives_no_other_error(undamaged, tmp_path):
    """An AVI that is truncated in its only packet lists a frame that cannot be decoded."""
    path, name, given = tmp_path / "mpeg4.avi", "mpeg4.avi", []
    first = undamaged[name].index(b"00dc", undamaged[name].index(b"movi"))
    for behind in range(first, first + 90):
        path.write_bytes(undamaged[name][:behind])
        given.append(successful_reads(path))
    assert given[0] == 0  # without a byte of the frame, there is none
    assert set(given) <= {0, 1, 2}


@pytest.mark.parametrize("name", KINDS)
def test_an_undamaged_file_is_read_with_each_policy(name, undamaged, tmp_path):
    path = tmp_path / name
    path.write_bytes(undamaged[name])
    assert successful_reads(path) == 2
    assert count_frames(path) == probe(path).frames == FRAMES


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_failed_reads_do_not_leak_memory(undamaged, tmp_path):
    used = []
    for _ in range(7):
        for name in KINDS:
            for seed in range(3):  # one for each kind of damage
                path = tmp_path / name
                path.write_bytes(with_damage(undamaged[name], seed))
                successful_reads(path)
        gc.collect()
        used.append(resident_bytes())
    # A leak grows in each round; other allocations of the process do not.
    assert np.median(np.diff(used)) < len(KINDS) * len(DAMAGES) * 10_000


@real_clips.needed
@pytest.mark.parametrize("name", ["mdn_flower.mp4", "mdn_flower.webm", "mmaction2_test.avi"])
def test_a_damaged_real_file_gives_a_clip_or_a_video_error_in_time(name, tmp_path):
    content, path, given = (real_clips.CLIPS / name).read_bytes(), tmp_path / name, []
    for seed in range(3):  # one for each kind of damage
        path.write_bytes(with_damage(content, seed))
        given.append(successful_reads(path))
    assert len(given) == 3
    assert max(given) > 0  # some damage leaves something to see
