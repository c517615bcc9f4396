"""Frames that are read by seeking are equal to frames that are decoded in order."""

import av
import numpy as np
import pytest

from keras_nonlocal.video.decoding.open_video import Video
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import iterate_frames, read_clip, read_frames

H264 = {"codec": "libx264"}
ENCODINGS = {
    "pyramid.mp4": {**H264, "options": {"g": "12", "bf": "3", "b-pyramid": "normal"}},
    "open_groups.mkv": {**H264, "options": {"g": "10", "bf": "2", "x264-params": "open-gop=1"}},
    "one_group.mp4": {**H264, "options": {"g": "250"}},
    "stream.ts": {**H264, "options": {"g": "8", "bf": "2"}},
    "one_group.ts": {**H264, "options": {"g": "250", "bf": "2"}},
    "b_frames.ts": {"codec": "mpeg4", "options": {"g": "9", "bf": "2"}},
    "short_groups.flv": {**H264, "options": {"g": "2", "bf": "1"}},
    "short_groups.mp4": {
        **H264,
        "options": {"g": "2", "bf": "1"},
        "container": {"use_editlist": "0"},
    },
    "fragments.mp4": {
        **H264,
        "options": {"g": "3", "bf": "2"},
        "container": {"movflags": "frag_keyframe+empty_moov"},
    },
    "without_times.avi": {**H264, "options": {"g": "12", "bf": "3"}},
    "without_times.wmv": {**H264, "options": {"g": "12", "bf": "3"}},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "keyint=9:log-level=none"}},
    "each_alone.wmv": {**H264, "options": {"g": "1"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"g": "8", "auto-alt-ref": "1"}},
    "vp8.webm": {
        "codec": "libvpx",
        "options": {"g": "8", "auto-alt-ref": "1", "lag-in-frames": "9"},
    },
    "b_frames.avi": {"codec": "mpeg4", "options": {"g": "9", "bf": "2"}},
    "b_frames.mp4": {"codec": "mpeg4", "options": {"g": "9", "bf": "2"}},
    "motion.mov": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "uneven.mkv": {
        **H264,
        "options": {"g": "7"},
        "times": [n + n * n // 9 + 40 for n in range(40)],
    },
}
each_encoding = pytest.mark.parametrize("name", ENCODINGS)


def frame_times(path):
    """When each frame is shown, in microseconds from the first frame."""
    with Video(path) as video:
        return video.index.times


@pytest.fixture
def moving():
    """Forty frames of a texture that moves."""
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 255, (12, 24, 3)), np.ones((8, 8, 1))).astype("uint8")
    return np.stack([np.roll(texture, (n, 3 * n), (0, 1))[:64, :96] for n in range(40)])


@pytest.fixture
def video(name, moving, write_frames):
    return write_frames(name, moving, **ENCODINGS[name])


def decoded_in_order(path):
    """Every frame, by PyAV alone."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@each_encoding
def test_frames_in_any_order_are_those_of_decoding_in_order(name, video):
    expected = decoded_in_order(video)
    assert len(expected) == 40
    rng = np.random.default_rng(1)
    for wanted in [[39], [0], [17, 18], [5, 38, 5], *(rng.integers(0, 40, 5) for _ in range(6))]:
        indices = [int(number) for number in wanted]
        np.testing.assert_array_equal(read_frames(video, indices), expected[indices])


@each_encoding
def test_clips_are_those_of_decoding_in_order(name, video):
    expected = decoded_in_order(video)
    for start in range(0, 34, 3):
        clip = read_clip(video, num_frames=6, frame_stride=2, start=start)
        indices = [(start + 2 * i) % 40 for i in range(6)]
        np.testing.assert_array_equal(clip, expected[indices])


@each_encoding
def test_iterating_over_a_part_gives_each_frame_once(name, video):
    expected, times = decoded_in_order(video), frame_times(video)
    for first, behind in [(0, 40), (3, 9), (11, 40), (39, 40)]:
        end = times[behind] / 1e6 if behind < 40 else None
        passed = list(iterate_frames(video, start=times[first] / 1e6, end=end))
        assert [time for time, _ in passed] == times[first:behind].tolist()
        np.testing.assert_array_equal([frame for _, frame in passed], expected[first:behind])


@each_encoding
def test_times_start_at_the_first_frame(name, video):
    times = ENCODINGS[name].get("times", range(40))
    expected = [(time - times[0]) * 100_000 for time in times]  # at ten frames a second
    np.testing.assert_allclose(frame_times(video), expected, atol=1000)
    assert frame_times(video)[0] == 0


def test_reading_a_late_frame_decodes_few_frames(moving, write_frames):
    path = write_frames("a.mp4", moving, **ENCODINGS["pyramid.mp4"])
    with Video(path) as video:
        decoded = sum(1 for _ in video._decode_by_seeking({38}))
    assert decoded < 6


def test_a_replaced_file_is_indexed_again(write, read_indices):
    path = write("a.mp4", frames=20)
    assert len(frame_times(path)) == 20
    path = write("a.mp4", frames=11, codec="libx264")
    assert len(frame_times(path)) == 11
    assert read_indices(read_frames(path, [10])) == [10]


def test_a_stream_cut_between_key_frames_starts_at_a_key_frame(moving, write_frames):
    path = write_frames("a.ts", moving, **ENCODINGS["stream.ts"])
    with av.open(str(path)) as container:
        keys = [packet.pos for packet in container.demux(video=0) if packet.is_keyframe]
    path.write_bytes(path.read_bytes()[keys[1] - keys[1] % 188 :])
    expected = decoded_in_order(path)
    times = frame_times(path)
    assert 25 < len(times) <= 40
    indices = [0, 7, len(times) - 1]
    np.testing.assert_array_equal(read_frames(path, indices)[1:], expected[[7, -1]])


@pytest.mark.parametrize(
    ("name", "codec"), [("pyramid.mp4", "h264"), ("vp8.webm", "vp8"), ("b_frames.avi", "mpeg4")]
)
def test_probe_agrees_with_decoding(name, codec, video):
    info = probe(video)
    assert (info.frames, info.width, info.height, info.rotation) == (40, 96, 64, 0)
    assert info.codec == codec
    assert info.bytes == video.stat().st_size
    assert info.fps == pytest.approx(10, rel=0.01)
    assert info.seconds == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv444p", "gray"])
def test_other_pixel_formats_are_converted_to_rgb(pix_fmt, moving, write_frames):
    odd = moving[:5, :63, :95] if pix_fmt == "yuv444p" else moving[:5]
    path = write_frames("a.mkv", odd, **H264, pix_fmt=pix_fmt)
    clip = read_clip(path, num_frames=5)
    assert clip.shape == odd.shape
    luminance = odd @ np.array([[0.299], [0.587], [0.114]])
    wanted = luminance if pix_fmt == "gray" else odd
    assert np.abs(clip - wanted.astype(float)).mean() < 25


def test_a_video_of_one_frame_is_read(write, read_indices):
    path = write("one.mkv", frames=1, codec="libx264")
    assert read_indices(read_clip(path, num_frames=3)) == [0, 0, 0]
    assert frame_times(path).tolist() == [0]
    assert probe(path).frames == 1
