"""Files with a scheme are opened by TensorFlow, and by tensorflow-io where it loads."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
import tensorflow as tf

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.utils.remote_files import ensure_file_system, local_file, scheme, write_whole
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.shards.reading import shard_clips
from keras_nonlocal.video.shards.writing import write_shards

OLD = tf.__version__.startswith("2.16.")


class _Ranges(http.server.SimpleHTTPRequestHandler):
    """Serves files and ranges of files, which Python's own server does not."""

    requests: list  # of (path, range)

    def log_message(self, *_):
        pass

    def do_GET(self):
        byte_range = self.headers.get("Range")
        self.requests.append((self.path, byte_range))
        if byte_range is None:
            super().do_GET()
            return
        with open(self.translate_path(self.path), "rb") as file:
            content = file.read()
        first, last = byte_range.removeprefix("bytes=").split("-")
        part = content[int(first) : int(last or len(content)) + 1]
        self.send_response(206 if part else 416)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture
def served(tmp_path):
    """Returns the address of a folder, and the list of requests."""
    handler = type("Handler", (_Ranges,), {"requests": []})
    serving = functools.partial(handler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler.requests
    server.shutdown()


def test_plain_paths_and_schemes_of_tensorflow_need_no_package():
    assert [scheme(path) for path in ("a/b", "gs://a/b", "s3://x")] == ["", "gs", "s3"]
    for path in ("a/b", "gs://bucket/a", "ram://x", "file:///x"):
        assert ensure_file_system(path) is None


def test_a_remote_file_is_written_atomically(tmp_path):
    write_whole("ram://whole/a.txt", b"abc")
    with tf.io.gfile.GFile("ram://whole/a.txt", "rb") as file:
        assert file.read() == b"abc"
    assert tf.io.gfile.listdir("ram://whole") == ["a.txt"]
    with pytest.raises(IsADirectoryError, match="Expected the name of a file"):
        write_whole(str(tmp_path), b"abc")


def test_an_unknown_scheme_is_an_error():
    with pytest.raises(ValueError, match="No file system opens ftp://"):
        ensure_file_system("ftp://host/a")


@pytest.mark.skipif(OLD, reason="tensorflow-io loads with TensorFlow 2.16")
def test_without_tensorflow_io_the_error_names_the_extra():
    with pytest.raises(ImportError, match=r"http://host/a.*2\.16 only.*keras_nonlocal\[tfio\]"):
        ensure_file_system("http://host/a")


def test_a_remote_file_is_copied_temporarily(tmp_path):
    with tf.io.gfile.GFile("ram://f/a.mp4", "wb") as file:
        file.write(b"abc")
    with local_file("ram://f/a.mp4") as path:
        assert Path(path).read_bytes() == b"abc"
    assert not Path(path).exists()
    with pytest.raises(FileNotFoundError, match="ram://f/none"), local_file("ram://f/none"):
        pass


@pytest.mark.skipif(not OLD, reason="tensorflow-io loads with TensorFlow 2.16 only")
def test_shards_are_read_over_http_by_ranges(tmp_path, served, write):
    pytest.importorskip("tensorflow_io", reason="needs the extra `tfio`")
    address, requests = served
    videos = [str(write(f"{frames}.mp4", frames=frames)) for frames in (30, 20)]
    two = Manifest(tuple(Entry(video, (0,)) for video in videos), ("a",))
    write_shards(two, tmp_path / "shards", shards=1, num_processes=1)
    here = [clip.numpy() for clip, *_ in shard_clips(tmp_path / "shards", ClipSpec(4, 2))]
    there = [clip.numpy() for clip, *_ in shard_clips(f"{address}/shards", ClipSpec(4, 2))]
    assert len(here) == 2
    assert all((a == b).all() for a, b in zip(here, there, strict=True))
    assert all(part for path, part in requests if path.endswith(".tfrecord"))
