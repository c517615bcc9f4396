"""JPEG frames that can be read one by one: each is a record within the record of its clip.

A TFRecord file cannot be read from the middle of a record on, and a clip needs a few frames out of
hundreds. So each frame is followed by bytes that no JPEG decoder reads, as they come after its end
marker: the checksum and the header that TFRecord files have between two records. A reader that
knows where a header is goes on from there as if the frames were a TFRecord file, by
`byte_offsets`; all others see an ordinary `SequenceExample`.

    context ... header_0 | keys, lengths | JPEG_0 checksum_0 header_1 | lengths | JPEG_1 ...
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from . import protobuf
from .crc32c import checksums, headers

HEADER = 12
_TAIL = 4 + HEADER
# The last key of the context, so that the first header stands right before the frames.
HEADER_KEY = "image/encoded/header"
FRAMES_KEY = "image/encoded"


def feature_lists(frames: Sequence[bytes], times: Sequence[int]) -> tuple[bytes, bytes]:
    """The header of the first frame, and the feature lists that have to follow it.

    Args:
        frames: JPEG files.
        times: Of each frame, in microseconds.
    """
    lengths = [len(frame) + _TAIL for frame in frames]
    lengths[-1] -= HEADER  # no frame follows the last one
    before = [_before_frame(length) for length in lengths]
    size = sum(map(len, before)) + sum(lengths)
    before[0] = _before_list(size, _times(times)) + before[0]
    records = [b"".join(pair) for pair in zip(before, frames, strict=True)]
    return _chained(records, _times(times))


def _chained(records: list[bytes], after: bytes) -> tuple[bytes, bytes]:
    first, *following = headers([len(record) for record in records])
    sums = [struct.pack("<I", crc) for crc in checksums(records)]
    tails = [crc + header for crc, header in zip(sums, [*following, b""], strict=True)]
    pieces = [piece for pair in zip(records, tails, strict=True) for piece in pair]
    return first, b"".join([*pieces, after])


def _before_frame(length: int) -> bytes:
    """Opens a `Feature` that is a list of one byte string of that length."""
    value = protobuf.opening(1, length)
    values = protobuf.opening(1, len(value) + length)
    return protobuf.opening(1, len(values) + len(value) + length) + values + value


def _before_list(size: int, after: bytes) -> bytes:
    """Opens the feature lists and, in them, the frames, `size` bytes; `after` comes last."""
    key = protobuf.field(1, FRAMES_KEY.encode())
    message = protobuf.opening(2, size)
    inside = protobuf.opening(1, len(key) + len(message) + size) + key + message
    return protobuf.opening(2, len(inside) + size + len(after)) + inside


def _times(times: Sequence[int]) -> bytes:
    features = (protobuf.field(1, protobuf.feature([int(time)])) for time in times)
    return protobuf.entry("image/timestamp", b"".join(features))
