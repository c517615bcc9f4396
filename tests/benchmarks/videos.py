"""Moving test pictures, encoded as h264."""

from fractions import Fraction

import av


def make_video(path, *, picture, size, gop, frames=300, fps=30):
    """Writes ten seconds of an FFmpeg test source, with a key frame every `gop` frames."""
    width, height = size
    source = av.open(f"{picture}=size={width}x{height}:rate={fps}", format="lavfi")
    options = {"g": str(gop), "keyint_min": str(gop), "sc_threshold": "0"}
    with source, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, drawn in zip(range(frames), source.decode(video=0), strict=False):
            frame = drawn.reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, fps), 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
