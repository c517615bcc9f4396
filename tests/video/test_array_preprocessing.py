"""Preprocessing in NumPy gives the numbers of the graph; reading clips needs no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest

from keras_nonlocal.video import ClipSpec, preprocess
from keras_nonlocal.video.array_preprocessing import preprocess_array
from keras_nonlocal.video.samples import sample_video
from keras_nonlocal.video.samples.sample_video import jumping_jacks

MOTION = {"subtract_mean_frame": True}
CLIPS = np.stack([jumping_jacks(8), jumping_jacks(9)[::-1][:8]])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mean": (100.0, 110.0, 120.0), "std": (50.0, 60.0, 70.0)},
        {"subtract_previous_frame": True},
        MOTION,
        {**MOTION, "track_motion": (64, 64)},
        {**MOTION, "track_motion": (200, 260)},  # larger than the frames
    ],
)
@pytest.mark.parametrize("frames", [1, 8])
def test_arrays_become_the_inputs_of_the_graph(options, frames):
    clip = ClipSpec(frames, **options)
    found = preprocess_array(CLIPS[:, :frames], clip)
    expected = preprocess(CLIPS[:, :frames], **clip.preprocessing).numpy()
    assert found.dtype == "float32"
    assert np.abs(found).max() > 0.1 or frames == 1
    np.testing.assert_allclose(found, expected, atol=1e-3)  # places are rounded in another order


def test_a_crop_that_leaves_the_frame_is_filled_with_zeros():
    """One bright column moves so fast that the line leaves the frame at both ends."""
    clips = np.zeros((1, 6, 24, 32, 3), "uint8")
    for frame, column in enumerate((0, 0, 8, 23, 31, 31)):
        clips[0, frame, :, column] = 255
    clip = ClipSpec(6, **MOTION, track_motion=(20, 30))
    found = preprocess_array(clips, clip)
    assert (found[:, 0, :, :8] == 0).all()
    np.testing.assert_allclose(found, preprocess(clips, **clip.preprocessing), atol=1e-3)


def test_clips_are_read_without_tensorflow(tmp_path):
    sample_video.write_sample(tmp_path / "clip.mp4")
    program = (
        "import sys; from keras_nonlocal.video import ClipSpec, read_clips\n"
        "print(read_clips(sys.argv[1], ClipSpec(4, size=(32, 32))).shape)\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, tmp_path / "clip.mp4"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "(1, 4, 32, 32, 3)"
