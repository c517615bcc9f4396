import av
import numpy as np
import pytest

from keras_nonlocal.video.decoding.write import write_video


def _decode(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def test_another_reader_sees_the_written_frames(tmp_path):
    rng = np.random.default_rng(0)
    blocks = rng.integers(20, 236, (6, 4, 6, 3)).repeat(8, axis=1).repeat(8, axis=2)
    path = tmp_path / "new" / "folder" / "a.mp4"
    write_video(path, blocks.astype("uint8"), fps=12)
    seen = _decode(path)
    assert seen.shape == blocks.shape
    inside = np.abs(seen.astype(int) - blocks).reshape(6, 4, 8, 6, 8, 3)[:, :, 3:5, :, 3:5]
    assert inside.mean() < 6  # chroma is stored at half the size, so edges blur


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with pytest.raises(Exception, match=r"."):
        write_video(path, np.zeros((1, 8, 8, 3), "uint8"), fps=-1)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(
    "video",
    [
        np.zeros((1, 8, 8, 3)),
        np.zeros((8, 8, 3), "uint8"),
        np.zeros((1, 8, 8, 4), "uint8"),
        np.zeros((0, 8, 8, 3), "uint8"),
        np.zeros((1, 7, 8, 3), "uint8"),
        [[1]],
    ],
)
def test_a_wrong_video_raises(tmp_path, video):
    with pytest.raises(ValueError, match=r"`video` must .* Received: shape="):
        write_video(tmp_path / "a.mp4", video)
    assert not any(tmp_path.iterdir())
