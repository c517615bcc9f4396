"""What files do that a plain recording does not."""

import struct

import av
import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.data import frame_times, probe, read_clip, read_frames

ONE_BY_ONE = {"codec": "libx264", "options": {"g": "5", "bf": "2"}}


def decoded_in_order(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("frames", [1, 3, 7])
def test_frames_that_an_edit_list_cuts_off_are_not_there(write, read_numbers, frames):
    path = write("a.mp4", frames=20, **ONE_BY_ONE)
    content = bytearray(path.read_bytes())
    place = content.index(b"elst") + 8  # version and flags, number of entries, then the first one
    count, duration, begins = struct.unpack(">IIi", content[place : place + 12])
    assert count == 1
    with av.open(str(path)) as container:
        unit = container.streams.video[0].time_base
    cut = int(frames / 10 / unit)
    content[place + 4 : place + 12] = struct.pack(">Ii", duration, begins + cut)
    path.write_bytes(content)

    pictures = decoded_in_order(path)
    assert len(pictures) == 20 - frames
    assert probe(path).frames == 20 - frames
    assert read_numbers(read_clip(path, frames=4, start=0)) == list(range(frames, frames + 4))
    for number in (0, 5, 19 - frames):
        np.testing.assert_array_equal(read_frames(path, [number])[0], pictures[number])
    assert frame_times(path)[:2].tolist() == [0, 100_000]


def test_a_gif_with_transparent_parts_keeps_what_was_drawn_before(tmp_path):
    path = tmp_path / "a.gif"
    first = Image.new("RGBA", (40, 30), (200, 0, 0, 255))
    second = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    second.paste((0, 0, 200, 255), (0, 0, 20, 30))
    first.save(path, save_all=True, append_images=[second], duration=100, disposal=1)
    clip = read_clip(path, frames=2)
    assert clip.shape == (2, 30, 40, 3)
    np.testing.assert_allclose(clip[0, 15, [10, 30]], [[200, 0, 0], [200, 0, 0]], atol=6)
    np.testing.assert_allclose(clip[1, 15, [10, 30]], [[0, 0, 200], [200, 0, 0]], atol=6)


def test_a_video_that_starts_late_counts_from_its_first_frame(write, read_numbers):
    path = write("late.mkv", frames=12, times=[500 + n for n in range(12)], codec="libx264")
    assert frame_times(path).tolist() == [n * 100_000 for n in range(12)]
    assert read_numbers(read_clip(path, frames=3, start=9)) == [9, 10, 11]


def test_sound_before_the_picture_is_no_picture(tmp_path):
    """A file with two streams, the first of them sound."""
    path = tmp_path / "both.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        picture = container.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 48, 32, "yuv420p"
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4000), "int16"), "s16", "mono")
        silence.rate = 8000
        container.mux(sound.encode(silence))
        for number in range(8):
            grey = np.full((32, 48, 3), 20 * number, "uint8")
            container.mux(picture.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(picture.encode())
    assert probe(path).frames == 8
    levels = read_clip(path, frames=8).mean((1, 2, 3))
    np.testing.assert_allclose(levels, 20 * np.arange(8), atol=3)


@pytest.mark.parametrize("size", [(33, 47), (2, 300), (1, 1)])
def test_odd_sizes_are_read_whole(tmp_path, size):
    path = tmp_path / "odd.gif"
    Image.new("RGB", size[::-1], (10, 200, 30)).save(path)
    clip = read_clip(path, frames=2)
    assert clip.shape == (2, *size, 3)
    np.testing.assert_allclose(clip[0, 0, 0], [10, 200, 30], atol=6)
    assert read_clip(path, frames=1, size=(16, 16)).shape == (1, 16, 16, 3)
