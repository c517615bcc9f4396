"""Of several streams the video itself is read: not a cover, nor a preview."""

from fractions import Fraction

import av
import numpy as np
import pytest

from keras_nonlocal.video.decoding.read import read_frames


def two_streams(path, first_codec, pix_fmt):
    """One frame of 16 x 16 as the first stream, and the video, which is enabled, as the second."""
    with av.open(str(path), "w") as out:
        still = out.add_stream(first_codec, rate=1)
        still.height, still.width, still.pix_fmt = 16, 16, pix_fmt
        video = out.add_stream("mpeg4", rate=10)
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        for stream, size, count in ((still, (16, 16), 1), (video, (32, 48), 20)):
            for number in range(count):
                pixels = np.full((*size, 3), 10 * number, "uint8")
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 10)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
    data = bytearray(path.read_bytes())
    first = data.index(b"tkhd")
    second = data.index(b"tkhd", first + 4)
    data[first + 7], data[second + 7] = 2, 3  # the last bit enables a track
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("codec", "pix_fmt"), [("png", "rgb24"), ("mpeg4", "yuv420p")])
def test_the_best_stream_is_read_where_a_cover_or_a_preview_comes_first(tmp_path, codec, pix_fmt):
    path = two_streams(tmp_path / "two.mp4", codec, pix_fmt)
    frames = read_frames(path, range(20))
    assert frames.shape == (20, 32, 48, 3)
    assert np.abs(frames.mean((1, 2, 3)) - 10 * np.arange(20)).max() < 6
