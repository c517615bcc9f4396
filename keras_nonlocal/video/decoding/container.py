"""Opening a video file, reading its packets, and the errors of both."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import av
from av.stream import Disposition

from ...utils.checks import PathLike
from ...utils.errors import InputError

# Seconds of processor time after which reading a damaged file is given up.
TIME_LIMIT = 120.0

# The errors that FFmpeg and PyAV raise for damaged files.
DAMAGE = (av.FFmpegError, MemoryError, OverflowError, UnicodeError)
_MOST_FAILURES = 100
# Formats that contain their frames: with a playlist, FFmpeg would open other files.
_FORMATS = {
    "format_whitelist": "apng,asf,avi,dhav,dv,flv,gif,gxf,h264,hevc,ivf,m4v,matroska,mjpeg,mov,"
    "mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,wav,wtv,yuv4mpegpipe"
}
# JPEG frames one after the other, as cameras record them; FFmpeg takes them for a single image.
_RAW_JPEG = (".mjpeg", ".mjpg")
_NO_VIDEO_FORMAT = "it is a playlist, an image or the like, or its header is damaged"
_ELSEWHERE = "videos must be files on this machine; copy it here, or write shards of it"
_ADVICE = "Check that the file is complete and plays, or remove it from the dataset."


class VideoError(InputError):
    """Raised if a file cannot be read as a video; says which file, why, and what to do.

    Args:
        path: The file.
        cause: The reason, also available as the attribute `cause`.
        advice: What to do.

    Example:

    >>> VideoError("a.mp4", "it has no video stream").cause
    'it has no video stream'
    """

    def __init__(self, path: PathLike, cause: object, advice: str = _ADVICE):
        super().__init__(f"Cannot read {os.fspath(path)!r} as a video: {cause}. {advice}")
        self.cause = str(cause)

    def __reduce__(self):
        return _unpickled, (type(self), self.args, self.cause)


class Deadline:
    """Limits the time for a file: `with deadline: ...` raises a `VideoError` when it is used up.

    Only processor time counts, as a process may also be suspended or wait for others.
    """

    def __init__(self, path: PathLike, seconds: float):
        self._path, self._seconds = path, seconds
        self._spent = self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.thread_time()

    def __exit__(self, kind, *_) -> None:
        self._spent += time.thread_time() - self._began
        if kind is None and self._spent > self._seconds:
            raise VideoError(self._path, f"it took longer than {self._seconds:g} seconds")


@contextmanager
def opened(path: PathLike) -> Iterator[tuple]:
    """Opens a file, and yields its container and its best video stream.

    The decoder has one thread, as clips are read in parallel.
    """
    _check_file(path)
    with _opened(path) as container:
        # FFmpeg's choice, so that a preview or an unmarked cover before the video is not read.
        candidates = [container.streams.best("video"), *container.streams.video]
        stream = next((each for each in candidates if each and not _is_cover(each)), None)
        if stream is None:
            raise VideoError(path, "it has no video stream")
        if stream.codec_context is None:
            raise VideoError(path, "there is no decoder for its codec")
        stream.codec_context.thread_count = 1
        yield container, stream


@contextmanager
def decoding(path: PathLike, context=lambda: "") -> Iterator[None]:
    """Raises a `VideoError` for errors of FFmpeg; `context` says where in the file it was."""
    try:
        yield
    except DAMAGE as error:
        cause = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise VideoError(path, f"{cause}{context()}") from error


def packets(container, stream, deadline: Deadline, *, tolerant=False) -> Generator:
    """Yields the packets of a stream, or of all streams, from the current position on.

    The last packet of each stream is empty. With `tolerant`, unreadable parts are skipped, up to a
    limit.
    """
    failures = 0
    while True:
        try:
            demuxed = container.demux(*[] if stream is None else [stream])
            while True:
                with deadline:
                    packet = next(demuxed, None)
                if packet is None:
                    return
                yield packet
        except DAMAGE:
            failures += 1
            if not tolerant or failures > _MOST_FAILURES:
                raise


def decoded(container, stream, deadline: Deadline, tolerant=False) -> Generator:
    """Decodes all frames from the current position on, in the order of the decoder."""
    for packet in packets(container, stream, deadline, tolerant=tolerant):
        try:
            with deadline:
                frames = packet.decode()
        except DAMAGE:
            if not tolerant:
                raise
        else:
            yield from frames


def _opened(path: PathLike):
    # An absolute path, as FFmpeg reads the part before a colon as a protocol.
    full = os.path.abspath(path)
    with decoding(path):
        try:
            return av.open(full, container_options=_FORMATS, metadata_errors="replace")
        except av.FFmpegError as error:
            if error.errno != errno.EINVAL:  # FFmpeg's error for a format that is not in the list
                raise
            if full.lower().endswith(_RAW_JPEG):
                return av.open(full, format="mjpeg", metadata_errors="replace")
            raise VideoError(path, _NO_VIDEO_FORMAT) from error


def _is_cover(stream) -> bool:
    """Whether a stream is the cover image of a piece of music."""
    return bool(stream.disposition & Disposition.attached_pic)


def _check_file(path: PathLike) -> None:
    """Raises for folders, pipes and devices, which would fail later or wait for ever."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(
            "`path` must be the path of a video file. Write bytes to a file first, and give a list "
            f"of paths one by one. Received: {type(path).__name__}"
        )
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if "://" in os.fspath(path):
            raise VideoError(path, _ELSEWHERE) from None
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}. Check the path.") from None
    if not stat.S_ISREG(mode):
        raise VideoError(path, "it is not a file", "Give the path of one video file.")


def _unpickled(kind, args, cause):
    error = kind.__new__(kind, *args)
    error.args, error.cause = args, cause
    return error
