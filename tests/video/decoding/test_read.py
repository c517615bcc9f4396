import io
import wave

import av
import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.decoding.container import VideoError
from keras_nonlocal.video.decoding.read import count_frames, read_clip, read_frames

CONTAINERS = [
    ("a.mp4", {"codec": "mpeg4"}),
    ("a.avi", {"codec": "mpeg4"}),
    ("a.mkv", {"codec": "libx264"}),
    ("b_frames.mp4", {"codec": "libx264", "options": {"bf": "3"}}),
    ("a.webm", {"codec": "libvpx"}),
    ("uneven.mkv", {"codec": "libx264", "times": [i * i + 3 for i in range(20)]}),
]
each_container = pytest.mark.parametrize(("name", "how"), CONTAINERS)


@each_container
def test_count_frames_decodes_every_container(write, name, how):
    assert count_frames(write(name, frames=20, **how)) == 20


@each_container
def test_frames_are_indexed_in_the_order_in_which_they_are_shown(write, read_indices, name, how):
    path = write(name, frames=20, **how)
    assert read_indices(read_frames(path, range(20))) == list(range(20))


def test_frames_can_be_read_in_any_order_and_repeatedly(write, read_indices):
    video = read_frames(write("a.mp4"), [7, 2, 2, 19])
    assert video.shape == (4, 32, 48, 3)
    assert video.dtype == np.uint8
    assert read_indices(video) == [7, 2, 2, 19]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (3, [3, 5, 7, 9]),
        (13, [13, 15, 17, 19]),
        (14, [14, 16, 18, 0]),
        (37, [17, 19, 1, 3]),
        (None, [6, 8, 10, 12]),
    ],
)
def test_a_clip_starts_at_start_and_loops_past_the_end(write, read_indices, start, expected):
    clip = read_clip(write("a.mp4", frames=20), num_frames=4, frame_stride=2, start=start)
    assert read_indices(clip) == expected


def test_a_video_shorter_than_the_clip_is_looped(write, read_indices):
    clip = read_clip(write("a.mp4", frames=3), num_frames=8)
    assert read_indices(clip) == [0, 1, 2, 0, 1, 2, 0, 1]


def test_channels_are_rgb(write_frames):
    video = np.zeros((2, 32, 32, 3), "uint8")
    video[..., 0] = 200
    red, green, blue = read_clip(write_frames("a.mp4", video), num_frames=1).mean((0, 1, 2))
    assert red > 180
    assert max(green, blue) < 20


def test_short_side_resizes_without_cropping(write_frames):
    video = np.zeros((1, 48, 96, 3), "uint8")
    video[:, :, 48:] = 255
    clip = read_clip(write_frames("a.mp4", video), num_frames=1, short_side=24)
    assert clip.shape == (1, 24, 48, 3)
    assert clip[0, :, :20].mean() < 10
    assert clip[0, :, 28:].mean() > 245


def test_size_resizes_and_crops_the_center(write_frames):
    video = np.zeros((1, 48, 96, 3), "uint8")
    video[:, :, 24:72] = 255  # the square in the middle is all that is left
    clip = read_clip(write_frames("a.mp4", video), num_frames=1, size=(24, 24))
    assert clip.shape == (1, 24, 24, 3)
    assert clip[0, :, 2:-2].min() > 240


# The matrix of a track header maps (x, y) to (a x + c y, b x + d y), with y pointing down.
TURNS = {
    90: [0, 1, 0, -1, 0, 0],
    180: [-1, 0, 0, 0, -1, 0],
    270: [0, -1, 0, 1, 0, 0],
}


def test_read_clips_gives_crops_from_left_to_right(write_frames):
    video = np.zeros((6, 32, 96, 3), "uint8")
    video[..., 32:64, :] = 100
    video[..., 64:, :] = 200
    clips = read_clips(
        write_frames("a.mp4", video), ClipSpec(2, size=(16, 16), num_clips=2, num_crops=3)
    )
    assert clips.shape == (6, 2, 16, 16, 3)
    levels = clips[:, :, 4:12, 4:12].mean((1, 2, 3, 4))
    np.testing.assert_allclose(levels, [0, 100, 200] * 2, atol=12)


@pytest.mark.parametrize("clockwise", TURNS)
def test_rotated_frames_are_turned_upright(write_frames, clockwise):
    stored = np.zeros((1, 32, 64, 3), "uint8")
    stored[:, :16, :32] = 255  # top left
    path = write_frames("a.mp4", stored)
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44
    fixed_point = (np.array(TURNS[clockwise]) << 16).astype(">i4")
    content[matrix : matrix + 24] = fixed_point.tobytes()
    path.write_bytes(content)

    expected = np.rot90(stored[0], -clockwise // 90)
    clip = read_clip(path, num_frames=1)
    assert clip[0].shape == expected.shape
    assert np.abs(clip[0].astype(int) - expected).mean() < 8
    scaled = (1, 16, 32, 3) if clockwise == 180 else (1, 32, 16, 3)
    assert read_clip(path, num_frames=1, short_side=16).shape == scaled


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file '.*nowhere\.mp4'"):
        count_frames(tmp_path / "nowhere.mp4")


@pytest.mark.parametrize("content", [b"", b"this is not a video", bytes(5000)])
def test_a_file_that_is_not_a_video_raises_with_its_name(tmp_path, content):
    path = tmp_path / "fake.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"Cannot read '.*fake\.mp4' as a video: .* remove it"):
        read_clip(path)


def test_a_folder_raises(tmp_path):
    with pytest.raises(VideoError, match="as a video"):
        read_clip(tmp_path)


def test_a_sound_file_raises(tmp_path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    with pytest.raises(VideoError, match="no video stream"):
        read_clip(path)


def test_a_codec_without_a_decoder_raises(write):
    path = write("a.avi")
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"ZZZZ"))
    with pytest.raises(VideoError, match="no decoder for its codec"):
        count_frames(path)


def test_a_file_without_frames_raises(write):
    path = write("a.avi", frames=1)
    content = path.read_bytes()
    frame = content.index(b"00dc", content.index(b"movi"))
    path.write_bytes(content[:frame])
    with pytest.raises(VideoError, match="as a video"):
        read_clip(path)


def test_a_damaged_packet_raises_with_the_number_of_decoded_frames(damaged):
    with pytest.raises(VideoError, match=r"Invalid data .* after \d+ frames"):
        count_frames(damaged)
    with pytest.raises(VideoError, match=r"damaged\.mp4"):
        read_clip(damaged, num_frames=8, start=8)


def test_a_clip_that_ends_before_the_damage_is_read(damaged, read_indices):
    assert read_indices(read_clip(damaged, num_frames=4, start=2)) == [2, 3, 4, 5]


def test_a_file_truncated_between_packets_has_the_remaining_frames(write, read_indices):
    path = write("cut.mkv", frames=20, options={"g": "1"})
    with av.open(str(path)) as container:
        packets = [packet.pos for packet in container.demux(video=0) if packet.size]
    path.write_bytes(path.read_bytes()[: packets[12]])
    left = count_frames(path)
    assert 10 <= left < 20
    expected = [i % left for i in range(16)]
    assert read_indices(read_clip(path, num_frames=16, start=0)) == expected


def test_frames_that_change_size_midway_raise_without_size(write, tmp_path, read_indices):
    small = write("small.ts", frames=5, codec="mpeg2video", size=(32, 32), fps=25)
    large = write("large.ts", frames=5, codec="mpeg2video", size=(64, 64), fps=25)
    path = tmp_path / "both.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    with pytest.raises(VideoError, match="change size midway"):
        read_frames(path, range(count_frames(path)))
    video = read_frames(path, range(count_frames(path)), size=(16, 16))
    assert len(set(read_indices(video))) == 5


def test_an_index_past_the_end_raises_index_error(write):
    with pytest.raises(IndexError, match=r"must be below 20, .*Received: 20"):
        read_frames(write("a.mp4"), [3, 20])


@pytest.mark.parametrize("indices", [[], [0, -1]])
def test_empty_and_negative_indices_raise(write, indices):
    with pytest.raises(ValueError, match="`indices` must be frame indices"):
        read_frames(write("a.mp4"), indices)


@pytest.mark.parametrize(
    "wrong",
    [
        {"num_frames": 0},
        {"frame_stride": 0},
        {"start": -1},
        {"short_side": 0},
        {"size": (8, 40), "short_side": 8},
    ],
)
def test_an_argument_out_of_range_raises(write, wrong):
    with pytest.raises(ValueError, match="Received"):
        read_clip(write("a.mp4"), **wrong)


def test_a_colon_in_a_file_name_is_not_a_protocol(write, tmp_path, monkeypatch, read_indices):
    monkeypatch.chdir(tmp_path)
    write("a.mp4", frames=3).rename(tmp_path / "12:30.mp4")
    assert read_indices(read_clip("12:30.mp4", num_frames=3)) == [0, 1, 2]


@pytest.mark.parametrize("suffix", [".mjpeg", ".MJPG"])
def test_jpeg_frames_one_after_the_other_are_a_video(tmp_path, read_indices, suffix):
    path, rng = tmp_path / f"camera{suffix}", np.random.default_rng(0)
    with path.open("wb") as file:
        for index in range(20):  # frames of several kilobytes, which FFmpeg takes for one image
            pixels = rng.integers(-30, 31, (120, 160, 3)) + 40 + index * 8
            Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(file, "JPEG", quality=95)
    assert count_frames(path) == 20
    assert read_indices(read_frames(path, [7, 2, 2, 19])) == [12, 7, 7, 24]  # 5 steps brighter


def test_a_container_may_have_the_suffix_of_raw_frames(write, tmp_path, read_indices):
    renamed = write("a.avi", frames=20).rename(tmp_path / "renamed.mjpeg")
    assert read_indices(read_frames(renamed, [3, 11])) == [3, 11]


@pytest.mark.parametrize("video", [io.BytesIO(b"RIFF"), b"RIFF" * 2000, b"a\0b", None, ["a.mp4"]])
def test_what_is_not_a_path_is_refused(video):
    for read in (read_clip, count_frames):
        with pytest.raises(ValueError, match=f"`path` must be .*Received: {type(video).__name__}"):
            read(video)
