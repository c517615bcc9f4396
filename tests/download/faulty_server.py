"""A real HTTP server whose responses a test chooses, faulty ones included."""

import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = 1 << 16


class FaultyServer:
    """`server.on(path, response, ...)` sets one response per request; the last one repeats."""

    def __init__(self):
        self._responses = {}
        self.requests = Counter()  # by path
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                responses = owner._responses[self.path]
                owner.requests[self.path] += 1
                (responses.pop(0) if len(responses) > 1 else responses[0])(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # clients of these tests close connections
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, path, *responses):
        """Sets the responses for a path, and returns its address."""
        self._responses[path] = list(responses)
        return self.root + path


def body(data, *, code=200, stop=None, ends_by="length", pause=0.0, **headers):
    """Returns a response with the file, which is cut off after `stop` bytes.

    `ends_by` is how a client learns where the file ends: by its "length", by the last of its
    "chunks", or not at all, because the server may "close" the connection anywhere.
    """
    framing = {
        "length": {"Content-Length": len(data)},
        "chunks": {"Transfer-Encoding": "chunked"},
        "close": {},
    }[ends_by]
    frame = b"%x\r\n%s\r\n" if ends_by == "chunks" else None

    def respond(handler):
        handler.send_response(code)
        for name, value in {**framing, **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        sent = data if stop is None else data[:stop]
        for start in range(0, len(sent), BLOCK):  # in blocks, so that a client waits
            piece = sent[start : start + BLOCK]
            handler.wfile.write(frame % (len(piece), piece) if frame else piece)
            time.sleep(pause)
        if stop is not None or ends_by == "close":
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif ends_by == "chunks":
            handler.wfile.write(b"0\r\n\r\n")

    return respond


def status(code, **headers):
    """Returns a response without a body."""
    return body(b"", code=code, **headers)
