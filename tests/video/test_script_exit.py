"""A script that reads one batch exits, although the next batches are being read."""

import subprocess
import sys

from keras_nonlocal.video.samples import synthetic_task

SCRIPT = """
import sys
from keras_nonlocal.video import ClipSpec, training_stream, video_dataset
from keras_nonlocal.video.samples import synthetic_task

clip = ClipSpec(16, 1, size=(64, 64))
epochs = iter(video_dataset(sys.argv[1], clip=clip, batch_size=10, training=True))
stream = iter(training_stream(sys.argv[1], clip=clip, batch_size=10))
rendered = iter(synthetic_task.dataset(600, size=(64, 64), batch_size=10))
for batches in (epochs, stream, rendered):
    videos, labels = next(batches)
    print(len(videos))
"""


def test_a_script_exits_while_batches_are_prefetched(tmp_path):
    synthetic_task.write_videos(tmp_path / "flashes", 20, num_frames=48, size=(192, 192))
    command = [sys.executable, "-c", SCRIPT, tmp_path / "flashes"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (result.stdout, result.returncode) == ("10\n" * 3, 0), result.stderr
