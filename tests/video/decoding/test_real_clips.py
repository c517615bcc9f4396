"""Real files give the counts, sizes and pixels of their manifest and of decoding in order."""

import av
import numpy as np
import pytest
import real_clips
from real_clips import CLIPS, CUT_SHORT, FACTS, SOUND

from keras_nonlocal.video.decoding.container import VideoError
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import count_frames, read_clip, read_frames

pytestmark = real_clips.needed
each_undamaged_file = pytest.mark.parametrize("name", SOUND)


@each_undamaged_file
def test_count_frames_agrees_with_the_manifest(name):
    assert count_frames(CLIPS / name) == SOUND[name]["decoded"]


@each_undamaged_file
def test_a_clip_has_the_size_of_upright_frames(name):
    height, width = SOUND[name]["h"], SOUND[name]["w"]
    if SOUND[name]["rotation"] % 180:
        height, width = width, height
    clip = read_clip(CLIPS / name, num_frames=2)
    assert clip.shape == (2, height, width, 3)
    assert clip.std() > 1  # not a constant image


@each_undamaged_file
def test_frames_read_by_seeking_are_those_of_decoding_in_order(name):
    length = SOUND[name]["decoded"]
    numbers = sorted({0, length // 3, length // 2, length - 1})
    expected = {}
    with av.open(str(CLIPS / name)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in numbers:
                turns = round(frame.rotation / 90)
                expected[number] = np.rot90(frame.to_ndarray(format="rgb24"), turns)
    for number in reversed(numbers):
        np.testing.assert_array_equal(read_frames(CLIPS / name, [number])[0], expected[number])


@each_undamaged_file
def test_probe_agrees_with_the_manifest(name):
    info, known = probe(CLIPS / name), SOUND[name]
    assert info.frames == known["decoded"]
    assert info.codec == known["codec"]
    assert info.rotation % 360 == known["rotation"] % 360
    width, height = (known["w"], known["h"])[:: -1 if known["rotation"] % 180 else 1]
    assert (info.width, info.height) == (width, height)


@each_undamaged_file
def test_a_clip_longer_than_the_video_is_looped(name):
    length = SOUND[name]["decoded"]
    clip = read_clip(
        CLIPS / name, num_frames=3, frame_stride=length, start=length - 1, short_side=32
    )
    assert min(clip.shape[1:3]) == 32
    np.testing.assert_array_equal(clip[1:], clip[:1].repeat(2, axis=0))


@pytest.mark.parametrize("name", [name for name in FACTS if name not in SOUND])
def test_a_damaged_file_raises_with_its_name(name):
    with pytest.raises(VideoError, match=name):
        count_frames(CLIPS / name)


def test_a_truncated_file_is_read_up_to_its_end():
    clip = read_clip(CLIPS / CUT_SHORT, num_frames=8, start=80, short_side=32)
    whole = read_clip(CLIPS / "mdn_flower.mp4", num_frames=8, start=80, short_side=32)
    np.testing.assert_array_equal(clip, whole)
    with pytest.raises(VideoError, match="after 88 frames"):
        read_clip(CLIPS / CUT_SHORT, num_frames=16, start=80)
