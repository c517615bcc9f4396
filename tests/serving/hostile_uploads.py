"""Fifty files that nobody should send to a server of videos."""

import gzip
import io
import pickle
import struct
import wave
import zipfile
from functools import cache

import av
import numpy as np
from PIL import Image

from keras_nonlocal.video.samples.sample_video import jumping_jacks


@cache
def video(codec="libx264", container="mp4", frames=40, size=(144, 180)):
    """A video that browsers play, as bytes; two encodings may differ."""
    content, pictures = io.BytesIO(), jumping_jacks(frames)[:, : size[0], : size[1]]
    with av.open(content, "w", format=container) as output:
        stream = output.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        for frame in [*(av.VideoFrame.from_ndarray(each) for each in pictures), None]:
            output.mux(stream.encode(frame))
    return content.getvalue()


def broken():
    """Files that are refused as videos, by name."""
    mp4, rng = video(), np.random.default_rng(0)
    files = {
        "empty": b"",
        "one byte": b"\0",
        "text": b"This is no video.\n" * 100,
        "page": b"<html><script>alert(1)</script></html>",
        "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "playlist of the network": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n",
        "list of files": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "session": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "subtitles": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n",
        "drawing": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        "png": picture("PNG"),
        "jpeg": picture("JPEG"),
        "bmp": picture("BMP"),
        "tiff": picture("TIFF"),
        "zip": archive(),
        "gzip bomb": gzip.compress(bytes(20_000_000)),
        "pickle": pickle.dumps(print),
        "program": b"\x7fELF\2\1\1" + bytes(200),
        "random": rng.bytes(65_536),
        "zeros": bytes(1_000_000),
        "ones": b"\xff" * 1_000_000,
        "sound": sound(),
        "only the type": mp4[: mp4.index(b"mdat") - 4],
        "boxes in boxes": boxes(2000),
        "no moving picture": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08moov",
        "pictures of 36 million pixels": large(),
        "gif of 65535 pixels": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\0;",
        "matroska without end": b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff",
        "mpeg without packets": b"\0\0\1\xba" * 1000,
        "transport of nothing": (b"G\x1f\xff\x10" + bytes(184)) * 500,
    }
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):  # the list of frames is at the end
        files[f"{share} of an mp4"] = mp4[: int(share * mp4.index(b"moov"))]
    return files


def damaged():
    """Files of which a part may be read, by name."""
    mp4, webm, rng = video(), video("libvpx", "webm"), np.random.default_rng(1)
    movie, size = mp4.index(b"moov") - 4, mp4.index(b"avc1") + 28  # of the pictures
    files = {
        "wrong size": mp4[:size] + struct.pack(">HH", 65535, 65535) + mp4[size + 4 :],
        "endless box": mp4[:movie] + b"\xff\xff\xff\xf0" + mp4[movie + 4 :],
        "two videos": mp4 + mp4,
        "video and page": mp4 + b"<script>alert(1)</script>",
        "one tiny frame": video(frames=1, size=(16, 16)),
    }
    files |= {f"{share} of a webm": webm[: int(share * len(webm))] for share in (0.2, 0.6, 0.95)}
    for number in range(10):
        flipped = bytearray(mp4 if number % 2 else webm)
        for place in rng.integers(0, len(flipped), 40):
            flipped[place] ^= 1 << rng.integers(8)
        files[f"flipped bits {number}"] = bytes(flipped)
    return files


def large():
    content = io.BytesIO()
    with av.open(content, "w", format="avi") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.width = stream.height = 6000
        stream.pix_fmt = "yuvj420p"
        frame = av.VideoFrame(6000, 6000, "yuvj420p")
        for each in (frame, None):
            output.mux(stream.encode(each))
    return content.getvalue()


def picture(kind):
    content = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(content, kind)
    return content.getvalue()


def archive():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("../../evil.mp4", "no video")
    return content.getvalue()


def sound():
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16_000))
    return content.getvalue()


def boxes(depth):
    content = b""
    for _ in range(depth):
        content = struct.pack(">I", len(content) + 8) + b"moov" + content
    return b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + content
