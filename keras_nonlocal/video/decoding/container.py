"""An open file, its packets, and the errors of both."""

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

# Seconds that a damaged file may keep its reader busy.
TIME_LIMIT = 120.0

# What a damaged file can make FFmpeg and its binding raise.
DAMAGE = (av.FFmpegError, MemoryError, OverflowError, UnicodeError)
_TOLERATED = 100
# Formats of files that hold their pictures themselves: a playlist would have FFmpeg open others.
_FORMATS = {
    "format_whitelist": "apng,asf,avi,dhav,dv,flv,gif,gxf,h264,hevc,ivf,m4v,matroska,mjpeg,mov,"
    "mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,wav,wtv,yuv4mpegpipe"
}
_NO_VIDEO_FORMAT = "it is a playlist, a picture or the like, or its header is damaged"
_ELSEWHERE = "videos are opened on this machine only; copy it here, or make shards of it"


_ADVICE = "Check that the file is complete and plays, or leave it out."


class VideoError(InputError):
    """A file that cannot be read as a video: which one, why, and what to do about it."""

    def __init__(self, path: PathLike, cause: object, advice: str = _ADVICE):
        super().__init__(f"Cannot read {os.fspath(path)!r} as a video: {cause}. {advice}")
        self.cause = str(cause)

    def __reduce__(self):
        return _again, (type(self), self.args, self.cause)


class Deadline:
    """Raises a `VideoError` once work on a file has taken longer than it may: `with deadline: ...`.

    Seconds of the processor count. A process that was suspended, or seldom gets its turn, says
    nothing about the file.
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
    """The container of a file and its first video stream; one decoder thread, as clips are read
    in parallel."""
    _check_file(path)
    with _opened(path) as container:
        stream = container.streams.best("video")  # not a preview or an unmarked cover before it
        if stream is None or not _moves(stream):
            stream = next(filter(_moves, container.streams.video), None)
        if stream is None:
            raise VideoError(path, "it has no video stream")
        if stream.codec_context is None:
            raise VideoError(path, "there is no decoder for its codec")
        stream.codec_context.thread_count = 1
        yield container, stream


@contextmanager
def decoding(path: PathLike, place=lambda: "") -> Iterator[None]:
    """Turns what FFmpeg raises into a `VideoError`; `place` says where in the file it was."""
    try:
        yield
    except DAMAGE as error:
        cause = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise VideoError(path, f"{cause}{place()}") from error


def packets(container, stream, deadline: Deadline, *, tolerant=False) -> Generator:
    """The packets of a stream, or of all, from where the file stands, and the empty ones that end
    them.

    A tolerant reader goes on behind what cannot be read, as often as a damaged file may need.
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
            if not tolerant or failures > _TOLERATED:
                raise


def decoded(container, stream, deadline: Deadline, tolerant=False) -> Generator:
    """All frames from where the file stands, in the order they come out of the decoder."""
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
    with decoding(path):
        try:
            # The whole path, as FFmpeg takes what stands before a colon for a protocol.
            whole = os.path.abspath(path)
            return av.open(whole, container_options=_FORMATS, metadata_errors="replace")
        except av.FFmpegError as error:
            if error.errno == errno.EINVAL:  # so FFmpeg says that a format is not among those
                raise VideoError(path, _NO_VIDEO_FORMAT) from error
            raise


def _moves(stream) -> bool:
    """Whether it is more than the cover of a piece of music."""
    return not stream.disposition & Disposition.attached_pic


def _check_file(path: PathLike) -> None:
    """Folders, pipes and devices would fail later, or never."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if "://" in os.fspath(path):
            raise VideoError(path, _ELSEWHERE) from None
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}. Check the path.") from None
    if not stat.S_ISREG(mode):
        raise VideoError(path, "it is not a file")


def _again(kind, args, cause):
    error = kind.__new__(kind, *args)
    error.args, error.cause = args, cause
    return error
