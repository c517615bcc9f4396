"""Frames stand upright, whichever of eight ways the camera was held, and stay so."""

import itertools
import struct

import av
import numpy as np
import pytest
from video.conftest import encode

from keras_nonlocal.video.decoding.orientation import Orientation
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.decoding.read import iterate_frames, read_clip, read_frames

MATRICES = {  # a, b, c, d: (x, y) of a stored frame goes to (ax + cy, bx + dy)
    "as stored": ((1, 0, 0, 1), lambda x: x),
    "mirrored": ((-1, 0, 0, 1), np.fliplr),
    "upside down": ((1, 0, 0, -1), np.flipud),
    "half a turn": ((-1, 0, 0, -1), lambda x: np.rot90(x, 2)),
    "clockwise": ((0, 1, -1, 0), lambda x: np.rot90(x, -1)),
    "counterclockwise": ((0, -1, 1, 0), np.rot90),
    "transposed": ((0, 1, 1, 0), lambda x: x.swapaxes(0, 1)),
    "transposed the other way": ((0, -1, -1, 0), lambda x: np.rot90(x, 2).swapaxes(0, 1)),
    "zeros": ((0, 0, 0, 0), lambda x: x),
}


def corners(frames=6, size=(32, 48)):
    """Frames with a different level in each corner, and a bar that moves."""
    video = np.zeros((frames, *size, 3), "uint8")
    height, width = size[0] // 2, size[1] // 2
    for level, (row, column) in enumerate(itertools.product((0, 1), (0, 1)), start=1):
        place = (slice(None), slice(row * height, (row + 1) * height))
        video[(*place, slice(column * width, (column + 1) * width))] = 60 * level
    for number in range(frames):
        video[number, :4, : 4 * number] = 0
    return video


def held(path, matrix):
    """The same file with another display matrix in its track header."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 44  # behind version, times, numbers, layer and volume
    a, b, c, d = (round(value * 2**16) for value in matrix)
    data[start : start + 20] = struct.pack(">5i", a, b, 0, c, d)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", MATRICES)
def test_a_display_matrix_turns_and_mirrors_frames(name, tmp_path):
    matrix, change = MATRICES[name]
    plain = np.stack([x for _, x in iterate_frames(encode(tmp_path / "plain.mp4", corners()))])
    path = held(encode(tmp_path / "held.mp4", corners()), matrix)
    expected = np.stack([change(frame) for frame in plain])
    np.testing.assert_array_equal(read_frames(path, range(6)), expected)
    np.testing.assert_array_equal([x for _, x in iterate_frames(path)], expected)
    info = probe(path)
    assert (info.height, info.width) == expected.shape[1:3]
    assert info.mirrored == (np.linalg.det(np.reshape(matrix, (2, 2))) < 0)


def test_degrees_and_mirror_make_up_the_orientation():
    pixels = np.arange(6).reshape(2, 3)
    for orientation in itertools.starmap(Orientation, itertools.product((False, True), repeat=3)):
        stored = np.fliplr(pixels) if orientation.mirrored else pixels
        turned = np.rot90(stored, orientation.degrees // 90)
        np.testing.assert_array_equal(orientation.upright(pixels[..., None])[..., 0], turned)


def message(degrees):
    """A unit of h264 that says by how many degrees, counterclockwise, frames are to be turned."""
    bits = f"0{0:b}{0:b}{round(degrees * 2**16 / 360):016b}" + "010" + "0"  # until the next one
    bits += "1"
    payload = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return b"\0\0\0\1" + bytes([6, 47, len(payload)]) + payload + b"\x80"


def with_message(path, video, degrees, container):
    """h264 whose first key frame alone says how the camera was held."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream("libx264", rate=10, options={"g": "4", "bf": "0"})
        stream.height, stream.width, stream.pix_fmt = *video.shape[1:3], "yuv420p"
        frames = [av.VideoFrame.from_ndarray(frame, format="rgb24") for frame in video]
        packets = [packet for frame in [*frames, None] for packet in stream.encode(frame)]
        for number, packet in enumerate(packets):
            if number == 0 and degrees:
                changed = av.Packet(message(degrees) + bytes(packet))
                changed.pts, changed.dts, changed.time_base = 0, packet.dts, packet.time_base
                changed.stream, changed.is_keyframe = stream, True
                packet = changed
            out.mux(packet)
    return path


@pytest.mark.parametrize("container", ["mp4", "mpegts", "matroska"])
def test_a_message_in_the_stream_holds_until_the_next_one(container, tmp_path):
    video = corners(12)
    plain = read_frames(with_message(tmp_path / "plain", video, 0, container), range(12))
    path = with_message(tmp_path / "held", video, 90, container)
    expected = np.stack([np.rot90(frame) for frame in plain])
    np.testing.assert_array_equal([x for _, x in iterate_frames(path)], expected)
    for start in (0, 5, 9):  # also behind key frames without a message
        clip = read_clip(path, 2, start=start)
        np.testing.assert_array_equal(clip, expected[start : start + 2])
