"""A real HTTP server that answers each request as a test tells it to, lies included."""

import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LyingServer:
    """`server.on(path, answer, ...)`: one answer a request; the last one stays."""

    def __init__(self):
        self._answers = {}
        self.requests = Counter()  # of each path
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                answers = owner._answers[self.path]
                owner.requests[self.path] += 1
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # clients of these tests hang up
        self.root = f"http://127.0.0.1:{self._server.server_port}"
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


def body(data, *, code=200, stop=None, ends_by="length", pause=0.0, **headers):
    """The file, or what comes of it until the server hangs up after `stop` bytes.

    `ends_by` says how a client learns where the file ends: by its "length", by the last of its
    "chunks", or not at all, as the server may "close" anywhere.
    """
    framing = {
        "length": {"Content-Length": len(data)},
        "chunks": {"Transfer-Encoding": "chunked"},
        "close": {},
    }[ends_by]
    frame = b"%x\r\n%s\r\n" if ends_by == "chunks" else None

    def answer(handler):
        handler.send_response(code)
        for name, value in {**framing, **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        for start in range(0, len(data[:stop]), 1 << 16):  # in pieces, so that a client waits
            piece = data[start:stop][: 1 << 16]
            handler.wfile.write(frame % (len(piece), piece) if frame else piece)
            time.sleep(pause)
        if stop is not None or ends_by == "close":
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif ends_by == "chunks":
            handler.wfile.write(b"0\r\n\r\n")

    return answer


def status(code, **headers):
    """A status without a body."""
    return body(b"", code=code, **headers)
