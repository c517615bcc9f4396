"""Edit lists, transparent GIFs, sound, playlists and other unusual files."""

import io
import struct

import av
import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.video.decoding.container import VideoError
from keras_nonlocal.video.decoding.open_video import Video
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import iterate_frames, read_clip, read_frames

ONE_BY_ONE = {"codec": "libx264", "options": {"g": "5", "bf": "2"}}


def frame_times(path):
    """When each frame is shown, in microseconds from the first frame."""
    with Video(path) as video:
        return video.index.times


def decoded_in_order(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("frames", [1, 3, 7])
def test_frames_outside_of_the_edit_list_are_not_read(write, read_indices, frames):
    path = write("a.mp4", frames=20, **ONE_BY_ONE)
    content = bytearray(path.read_bytes())
    place = content.index(b"elst") + 8  # after version and flags: number of entries, first entry
    count, duration, begins = struct.unpack(">IIi", content[place : place + 12])
    assert count == 1
    with av.open(str(path)) as container:
        unit = container.streams.video[0].time_base
    cut = int(frames / 10 / unit)
    content[place + 4 : place + 12] = struct.pack(">Ii", duration, begins + cut)
    path.write_bytes(content)

    expected = decoded_in_order(path)
    assert len(expected) == 20 - frames
    assert probe(path).frames == 20 - frames
    assert read_indices(read_clip(path, num_frames=4, start=0)) == list(range(frames, frames + 4))
    for number in (0, 5, 19 - frames):
        np.testing.assert_array_equal(read_frames(path, [number])[0], expected[number])
    assert frame_times(path)[:2].tolist() == [0, 100_000]


def test_transparent_parts_of_a_gif_show_the_previous_frame(tmp_path):
    path = tmp_path / "a.gif"
    first = Image.new("RGBA", (40, 30), (200, 0, 0, 255))
    second = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    second.paste((0, 0, 200, 255), (0, 0, 20, 30))
    first.save(path, save_all=True, append_images=[second], duration=100, disposal=1)
    clip = read_clip(path, num_frames=2)
    assert clip.shape == (2, 30, 40, 3)
    np.testing.assert_allclose(clip[0, 15, [10, 30]], [[200, 0, 0], [200, 0, 0]], atol=6)
    np.testing.assert_allclose(clip[1, 15, [10, 30]], [[0, 0, 200], [200, 0, 0]], atol=6)


def test_times_of_a_video_that_starts_late_start_at_zero(write, read_indices):
    path = write("late.mkv", frames=12, times=[500 + n for n in range(12)], codec="libx264")
    assert frame_times(path).tolist() == [n * 100_000 for n in range(12)]
    assert read_indices(read_clip(path, num_frames=3, start=9)) == [9, 10, 11]


def test_a_sound_stream_before_the_video_stream_is_ignored(tmp_path):
    """A file with two streams, the first of them sound."""
    path = tmp_path / "both.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4000), "int16"), "s16", "mono")
        silence.rate = 8000
        container.mux(sound.encode(silence))
        for number in range(8):
            gray = np.full((32, 48, 3), 20 * number, "uint8")
            container.mux(video.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        container.mux(video.encode())
    assert probe(path).frames == 8
    levels = read_clip(path, num_frames=8).mean((1, 2, 3))
    np.testing.assert_allclose(levels, 20 * np.arange(8), atol=3)


def with_empty_packets(path, emptied, numbers):
    """Copies an MPEG-4 video, and makes the packets of these indices packets without a frame."""
    with av.open(str(path)) as source, av.open(str(emptied), "w") as target:
        stream = source.streams.video[0]
        copied = target.add_stream_from_template(stream)
        for number, packet in enumerate(packet for packet in source.demux(stream) if packet.size):
            copy = packet
            if number in numbers:
                content = bytes(packet)
                first = content.index(b"\0\0\1\xb6") + 4
                bits = f"{int.from_bytes(content[first : first + 4], 'big'):032b}"
                # kind, seconds, a marker, tenths of a second in 4 bits, a marker, 1 for "coded"
                coded = bits.index("0", 2) + 1 + 1 + 4 + 1
                assert (bits[:2], bits[coded]) == ("01", "1")
                empty = (bits[:coded] + "001111111")[: (coded + 8) // 8 * 8]
                copy = av.Packet(content[:first] + int(empty, 2).to_bytes(len(empty) // 8, "big"))
                copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
            copy.stream = copied
            target.mux(copy)
    return emptied


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
def test_packets_without_a_frame_are_not_counted(name, tmp_path, write_frames):
    rng = np.random.default_rng(0)
    whole = write_frames(
        f"whole_{name}",
        rng.integers(0, 255, (20, 32, 48, 3), "uint8"),
        options={"g": "6", "sc_threshold": "1000000000"},
    )
    path = with_empty_packets(whole, tmp_path / name, {4, 8, 9, 15})
    expected = decoded_in_order(path)
    assert len(expected) == probe(path).frames == len(frame_times(path)) == 16
    np.testing.assert_array_equal(read_frames(path, range(16)), expected)
    np.testing.assert_array_equal([frame for _, frame in iterate_frames(path)], expected)


PLAYLISTS = {
    "list.mp4": "ffconcat version 1.0\nfile elsewhere.mp4\n",
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nelsewhere.mp4\n#EXT-X-ENDLIST\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_raises_and_opens_no_other_file(name, tmp_path, write):
    write("elsewhere.mp4")
    path = tmp_path / name
    path.write_text(PLAYLISTS[name])
    with av.open(str(path)) as container:
        assert container.streams.video  # those of the other file
    with pytest.raises(VideoError, match="it is a playlist"):
        probe(path)


def test_a_frame_that_cannot_be_resized_raises(write):
    path = write("line.mp4", frames=2, size=(4, 16384), codec="libx264")
    for read in (
        lambda: read_clip(path, 2, size=(224, 224)),
        lambda: list(iterate_frames(path, short_side=224)),
    ):
        with pytest.raises(VideoError, match=r"line\.mp4.* when resized from 16384x4 to 917504x"):
            read()
    assert read_clip(path, 2).shape == (2, 4, 16384, 3)


def test_the_cover_image_of_music_is_not_a_video(tmp_path):
    path, cover = tmp_path / "music.mp3", io.BytesIO()
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44_100, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), "float32"), "fltp", "mono")
        silence.rate = 44_100
        container.mux([*sound.encode(silence), *sound.encode()])
    Image.new("RGB", (16, 16)).save(cover, "png")
    image = b"\0image/png\0\x03\0" + cover.getvalue()
    tag = b"APIC" + struct.pack(">IH", len(image), 0) + image
    sevens = bytes(len(tag) >> shift & 127 for shift in (21, 14, 7, 0))  # 7 bits per byte
    path.write_bytes(b"ID3\x03\0\0" + sevens + tag + path.read_bytes())
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
    with pytest.raises(VideoError, match="it has no video stream"):
        probe(path)


@pytest.mark.parametrize("size", [(33, 47), (2, 300), (1, 1)])
def test_odd_sizes_are_read(tmp_path, size):
    path = tmp_path / "odd.gif"
    Image.new("RGB", size[::-1], (10, 200, 30)).save(path)
    clip = read_clip(path, num_frames=2)
    assert clip.shape == (2, *size, 3)
    np.testing.assert_allclose(clip[0, 0, 0], [10, 200, 30], atol=6)
    assert read_clip(path, num_frames=1, size=(16, 16)).shape == (1, 16, 16, 3)
