"""Frames of cameras and streams: the newest ones, if they come faster than they are used."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from typing import Any

import av
import numpy as np

from .container import VideoError, decoding
from .frame_transform import FrameConverter, ResizeCrop
from .orientation import UPRIGHT

STDIN = "-"
PROTOCOLS = ("http", "https", "rtmp", "rtsp", "srt", "tcp", "udp")
_SECONDS_WITHOUT_DATA = 20.0
_MICROSECONDS = 1_000_000
_ADVICE = "Check the address, and that the camera or the stream is on."
_ADVICE_FOR_STDIN = (
    "It must be a video that can be read from its start, such as MPEG-TS, Matroska, or an mp4 file "
    "with its index in front. Or give the path of the file."
)


def is_live(source: str) -> bool:
    """Whether this names a camera or a stream: an address such as `rtsp://`, a device, or `-`.

    >>> is_live("rtsp://camera/1"), is_live("/dev/video0"), is_live("-"), is_live("a.mp4")
    (True, True, True, False)
    """
    protocol = source.partition("://")[0]
    return source == STDIN or source.startswith("/dev/video") or protocol in PROTOCOLS


class LiveVideo:
    """A camera or a stream, in a `with` statement; iterate over it for its frames.

    A thread decodes the frames. Where they come faster than they are used, the oldest of the
    waiting ones are dropped. Standard input waits instead: it may be a file.

    Args:
        source: An address such as `rtsp://`, a camera such as `/dev/video0`, or `-` for standard
            input.
        resize: How frames are resized and cropped.
        most_waiting: Number of frames that wait at most.

    Attributes:
        fps: Frames per second, as the stream says, or 30.
        dropped: Number of frames that were dropped so far.

    Raises:
        VideoError: It cannot be opened, or has no video.
    """

    def __init__(self, source: str, resize: ResizeCrop | None = None, *, most_waiting: int = 64):
        self.source, self.dropped = source, 0
        self._converter = FrameConverter(source, resize or ResizeCrop())
        self._most, self._waits = most_waiting, source == STDIN
        self._frames: deque[tuple[int, np.ndarray]] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._failure: Exception | None = None
        with _reading(source):
            self._container = _open(source)
            if not self._container.streams.video:
                self._container.close()
                raise VideoError(source, "it has no video stream")
        self.fps = float(self._container.streams.video[0].average_rate or Fraction(30))

    def __enter__(self) -> LiveVideo:
        threading.Thread(target=self._decode, daemon=True).start()
        return self

    def __exit__(self, *error) -> None:
        with self._changed:
            self._ended = True
            self._frames.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yields the time of each frame, in microseconds from the first one, and its pixels.

        Raises:
            VideoError: The stream is damaged, or nothing came for a while.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._frames or self._ended)
                if not self._frames:
                    if self._failure is not None:
                        raise self._failure
                    return
                frame = self._frames.popleft()
                self._changed.notify_all()
            yield frame

    def _decode(self) -> None:
        shift, last, interval = None, 0, round(_MICROSECONDS / self.fps)
        try:
            with _reading(self.source), closing(self._container):
                for frame in self._container.decode(video=0):
                    if self._ended:
                        return
                    if frame.time is None:
                        continue
                    time = round(frame.time * _MICROSECONDS)
                    if shift is None:
                        shift = -time
                    elif time + shift <= last:  # a camera that starts again counts from zero
                        shift = last + interval - time
                    last = time + shift
                    self._put((last, self._converter.pixels(frame, UPRIGHT).copy()))
        except (VideoError, ValueError) as error:
            self._failure = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, frame: tuple[int, np.ndarray]) -> None:
        with self._changed:
            if self._waits:
                self._changed.wait_for(lambda: len(self._frames) < self._most or self._ended)
            elif len(self._frames) == self._most:
                self._frames.popleft()
                self.dropped += 1
            if not self._ended:
                self._frames.append(frame)
                self._changed.notify_all()


@contextmanager
def _reading(source: str) -> Iterator[None]:
    """Raises a `VideoError` for errors of FFmpeg, with advice for what is not a file."""
    try:
        with decoding(source):
            yield
    except VideoError as error:
        advice = _ADVICE_FOR_STDIN if source == STDIN else _ADVICE
        raise VideoError(source, error.cause, advice) from error


def _open(source: str) -> Any:
    if source == STDIN:
        return av.open(sys.stdin.buffer, metadata_errors="replace")
    options: dict[str, Any] = {"timeout": _SECONDS_WITHOUT_DATA, "metadata_errors": "replace"}
    if source.startswith("/dev/video"):
        options["format"] = "v4l2"
    return av.open(source, **options)
