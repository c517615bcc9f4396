"""Videos whose times cannot be those of a recording."""

import struct
from fractions import Fraction

import av
import numpy as np


def write(path, stamps, unit=Fraction(1, 90_000)):
    """Writes a frame for each time, in units of so many seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuvj420p"
        frames = np.random.default_rng(0).integers(0, 255, (len(stamps), 32, 48, 3), "uint8")
        packets = [
            packet
            for frame in [*(av.VideoFrame.from_ndarray(each) for each in frames), None]
            for packet in stream.encode(frame)
        ]
        for packet, stamp in zip(packets, stamps, strict=True):
            packet.pts = packet.dts = stamp
            packet.time_base, packet.duration = unit, 0
            container.mux(packet)
    return str(path)


def write_avi(path, rate, scale=1):
    """Writes ten frames, and then changes the frame rate in the header of the file."""
    write(path, range(10), Fraction(1, 25))
    data = bytearray(path.read_bytes())
    struct.pack_into("<ii", data, data.index(b"strh") + 28, scale, rate)
    path.write_bytes(data)
    return str(path)
