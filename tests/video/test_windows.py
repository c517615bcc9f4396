"""Long videos are cut into windows whose clips are those of the reader of whole files."""

import weakref

import numpy as np
import pytest

from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.decoding.frame_transform import ResizeCrop
from keras_nonlocal.video.decoding.open_video import Video
from keras_nonlocal.video.windows import clip_windows

# With the number of frames of one window, of videos of ten frames in a second.
SPECS = {
    "frames": (ClipSpec(4, 5), 16),
    "crops": (ClipSpec(4, 5, short_side=24, size=(24, 24), num_crops=3), 16),
    "slowfast": (ClipSpec(4, 5, sampling="slowfast"), 6),
    "official": (ClipSpec(4, 5, sampling="official"), 16),
    "dense": (ClipSpec(4, 5, sampling="mmaction2_dense"), 16),
    "seconds": (ClipSpec(4, seconds_between_frames=0.2), 7),
    "seconds_not_on_frames": (ClipSpec(5, seconds_between_frames=0.13), 6),
    "repeat_last": (ClipSpec(4, seconds_between_frames=0.2, past_end="repeat_last"), 7),
}


def numbered(times):
    """Frames whose pixels are their indices."""
    for index, time in enumerate(times):
        yield time, np.full((4, 6, 3), index, "uint8")


def found(times, clip, **options):
    cut = clip_windows(numbered(times), clip, **options)
    return [(w.start, w.end, w.views[0, :, 0, 0, 0].tolist()) for w in cut]


def regular(frames, fps=25):
    return [round(1e6 * number / fps) for number in range(frames)]


def test_windows_by_frames_overlap_by_half_and_end_with_the_video():
    rows = found(regular(17), ClipSpec(3, 2), fps=25.0)
    assert rows == [
        (0.0, 0.2, [0, 2, 4]),
        (0.12, 0.32, [3, 5, 7]),
        (0.2, 0.4, [5, 7, 9]),
        (0.32, 0.52, [8, 10, 12]),
        (0.4, 0.6, [10, 12, 14]),
        (0.48, 0.68, [12, 14, 16]),
    ]


def test_windows_by_seconds_show_the_same_time_at_each_rate():
    clip = ClipSpec(4, seconds_between_frames=0.2)
    for fps in (10, 20, 25, 50):
        rows = found(regular(3 * fps, fps), clip, fps=float(fps), every=0.6)
        assert [start for start, _, _ in rows[:4]] == pytest.approx([0, 0.6, 1.2, 1.8])
        step = fps // 5
        assert rows[1][2] == [3 * step, 4 * step, 5 * step, 6 * step]
        assert rows[-1][1] == pytest.approx(3)


def test_windows_may_leave_frames_out_and_gaps_make_no_window_twice():
    rows = found(regular(100), ClipSpec(2), fps=25.0, every=1.0)
    assert [row[2] for row in rows] == [[0, 1], [25, 26], [50, 51], [75, 76], [98, 99]]
    hour = 3_600_000_000
    times = [*regular(6), *(hour + time for time in regular(6))]
    starts = [row[0] for row in found(times, ClipSpec(3), fps=25.0, every=0.04)]
    assert len(starts) == len(set(starts)) == 10


def test_only_the_frames_of_a_window_are_in_memory():
    frames = []

    def timed():
        for time in regular(500):
            pixels = np.zeros((2, 2, 3), "uint8")
            frames.append(weakref.ref(pixels))
            yield time, pixels
            assert sum(frame() is not None for frame in frames) <= 2 * 19 + 1

    assert len(list(clip_windows(timed(), ClipSpec(4, 6), fps=25.0))) > 40


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("missing", [0, 1, 5])
def test_a_video_of_one_window_has_the_clip_of_the_reader(write, name, missing):
    clip, frames = SPECS[name]
    path = write("a.mp4", frames=frames - missing, size=(48, 32))
    resize = ResizeCrop(clip.short_side, clip.size, whole=clip.num_crops > 1)
    with Video(path) as video:
        pixels = video.read(range(len(video.index)), resize)
        timed = zip(video.index.times.tolist(), pixels, strict=True)
        (only,) = clip_windows(timed, clip, fps=video.index.fps)
    np.testing.assert_array_equal(only.views, read_clips(path, clip))


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="every=0"):
        found(regular(9), ClipSpec(2), fps=25.0, every=0)
    frames = [(0, np.zeros((4, 4, 3), "uint8")), (1, np.zeros((4, 6, 3), "uint8"))]
    with pytest.raises(ValueError, match=r"one size.*\(4, 4, 3\), then \(4, 6, 3\)"):
        list(clip_windows(frames, ClipSpec(2), fps=25.0))


def test_no_frames_are_no_windows():
    assert found([], ClipSpec(2), fps=25.0) == []
