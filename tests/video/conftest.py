"""Videos whose frames show their own index: frame `i` has gray level `8 * i`."""

from fractions import Fraction

import av
import numpy as np
import pytest

STEP = 8


def encode(
    path,
    video,
    *,
    codec="mpeg4",
    fps=10,
    times=None,
    options=None,
    pix_fmt="yuv420p",
    container=None,
):
    """Writes frames with PyAV alone; `times` are presentation times in frames, and `container` has
    the options of the container."""
    with av.open(str(path), "w", container_options=container or {}) as container:
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.height, stream.width = video.shape[1:3]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, fps)
        for time, pixels in zip(times or range(len(video)), video, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def numbered(frames, size=(32, 48)):
    levels = np.arange(frames, dtype="uint8") * STEP
    return np.broadcast_to(levels[:, None, None, None], (frames, *size, 3))


@pytest.fixture
def write(tmp_path):
    """`write("name.mp4", frames=20)` -> path of a numbered video."""

    def write_numbered(name, frames=20, size=(32, 48), **how):
        return encode(tmp_path / name, numbered(frames, size), **how)

    return write_numbered


@pytest.fixture
def write_frames(tmp_path):
    """`write_frames("name.mp4", video)` -> path of a video of these frames."""
    return lambda name, video, **how: encode(tmp_path / name, video, **how)


@pytest.fixture
def read_indices():
    """Returns the indices that frames `(T, H, W, 3)` of a numbered video show."""
    return lambda video: [int(level) for level in np.round(video.mean((1, 2, 3)) / STEP)]


@pytest.fixture
def damaged(write):
    """Twenty frames, each a key frame; the packet of frame 12 is damaged."""
    path = write(
        "damaged.mp4", codec="libx264", options={"bf": "0", "g": "1", "tune": "zerolatency"}
    )
    with av.open(str(path)) as container:
        packet = list(container.demux(video=0))[12]
        position, size = packet.pos, packet.size
    content = bytearray(path.read_bytes())
    content[position : position + size] = b"\xff" * size
    path.write_bytes(content)
    return path
