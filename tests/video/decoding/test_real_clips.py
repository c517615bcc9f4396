"""Real files: counts, sizes and pixels as their manifest and plain decoding say."""

import av
import numpy as np
import pytest
import real_clips
from real_clips import CLIPS, CUT_SHORT, FACTS, SOUND

from keras_nonlocal.video.decoding.container import VideoError
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import count_frames, read_clip, read_frames

pytestmark = real_clips.needed
each_sound_file = pytest.mark.parametrize("name", SOUND)


@each_sound_file
def test_as_many_frames_are_counted_as_the_manifest_decoded(name):
    assert count_frames(CLIPS / name) == SOUND[name]["decoded"]


@each_sound_file
def test_a_clip_has_the_size_of_the_upright_picture(name):
    height, width = SOUND[name]["h"], SOUND[name]["w"]
    if SOUND[name]["rotation"] % 180:
        height, width = width, height
    clip = read_clip(CLIPS / name, num_frames=2)
    assert clip.shape == (2, height, width, 3)
    assert clip.std() > 1  # there is something to see


@each_sound_file
def test_frames_that_are_sought_are_those_of_decoding_in_order(name):
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


@each_sound_file
def test_a_probe_knows_what_the_manifest_knows(name):
    info, known = probe(CLIPS / name), SOUND[name]
    assert info.frames == known["decoded"]
    assert info.codec == known["codec"]
    assert info.rotation % 360 == known["rotation"] % 360
    width, height = (known["w"], known["h"])[:: -1 if known["rotation"] % 180 else 1]
    assert (info.width, info.height) == (width, height)


@each_sound_file
def test_a_clip_longer_than_the_video_loops(name):
    length = SOUND[name]["decoded"]
    clip = read_clip(
        CLIPS / name, num_frames=3, frame_stride=length, start=length - 1, short_side=32
    )
    assert min(clip.shape[1:3]) == 32
    np.testing.assert_array_equal(clip[1:], clip[:1].repeat(2, axis=0))


@pytest.mark.parametrize("name", [name for name in FACTS if name not in SOUND])
def test_a_damaged_file_is_an_error_that_names_it(name):
    with pytest.raises(VideoError, match=name):
        count_frames(CLIPS / name)


def test_a_file_cut_short_can_be_read_up_to_the_cut():
    clip = read_clip(CLIPS / CUT_SHORT, num_frames=8, start=80, short_side=32)
    whole = read_clip(CLIPS / "mdn_flower.mp4", num_frames=8, start=80, short_side=32)
    np.testing.assert_array_equal(clip, whole)
    with pytest.raises(VideoError, match="after 88 frames"):
        read_clip(CLIPS / CUT_SHORT, num_frames=16, start=80)
