"""A real HTTP server that answers each request as a test tells it to, lies included."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LyingServer:
    """`server.on(path, answer, ...)`: one answer a request; the last one stays."""

    def __init__(self, context=None):
        self._answers = {}
        self._lock = threading.Lock()
        self.requests = defaultdict(list)  # path -> the headers of each request
        self.sent = 0  # bytes of bodies
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner._answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # clients of these tests hang up
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.root = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, path, *answers):
        """Set the answers for a path; its whole address."""
        self._answers[path] = list(answers)
        return self.root + path

    def _answer(self, handler):
        with self._lock:
            self.requests[handler.path].append(dict(handler.headers))
            answers = self._answers[handler.path]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self, handler)

    def write(self, handler, data, pause=0.0):
        """A body in pieces, so that a client sees it come."""
        for start in range(0, len(data), 1 << 16):
            piece = data[start : start + (1 << 16)]
            handler.wfile.write(piece)
            self.sent += len(piece)
            time.sleep(pause)


def hang_up(handler):
    """End the connection now, without a word."""
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def status(code, **headers):
    """A status without a body; `Retry_After` means the header Retry-After."""

    def answer(server, handler):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def body(data, *, stop=None, length=True, pause=0.0, **headers):
    """The file, whole or hung up after `stop` bytes, with or without Content-Length."""

    def answer(server, handler):
        handler.send_response(200)
        if length:
            handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        server.write(handler, data[:stop], pause)
        if stop is not None or not length:
            hang_up(handler)

    return answer


def chunked(data, *, stop=None):
    """The file in chunks; `stop` hangs up before the chunk that says the end."""

    def answer(server, handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(data[:stop]), 50_000):
            piece = data[:stop][start : start + 50_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if stop is None:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            hang_up(handler)

    return answer


def ranged(data, *, etag='"one"', stop=None, pause=0.0, shift=0, honest=True):
    """The rest from where the client asks, if If-Range holds; `honest=False` never looks at it.

    Args:
        data: The file.
        etag: Its ETag.
        stop: Hang up after so many bytes of this answer.
        pause: Seconds between pieces.
        shift: A wrong range: the answer begins so many bytes too late, and says so.
        honest: Whether If-Range is obeyed.
    """

    def answer(server, handler):
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        valid = not honest or handler.headers.get("If-Range") == etag
        start = int(asked[1]) + shift if asked and valid else 0
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("ETag", etag)
        handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        rest = data[start:]
        server.write(handler, rest[:stop], pause)
        if stop is not None and stop < len(rest):
            hang_up(handler)

    return answer


def refusing(data):
    """The file, but 416 to everybody who asks for a range."""

    def answer(server, handler):
        whole = "Range" not in handler.headers
        (body(data) if whole else status(416))(server, handler)

    return answer
