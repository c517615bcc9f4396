"""One page in a browser, and `POST /predict`: drop a file, see the answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..tasks.predictor import Predictor
from ..utils.checks import at_least, positive_int
from .answers import Answer, Answerer
from .uploads import UploadError

_FOLDER = Path(__file__).parent
_INSTALL = 'The web page needs Starlette and uvicorn: pip install "keras_nonlocal[serve]"'
_LOOPBACK = ("127.0.0.1", "localhost")
_MOST_CONNECTIONS = 100
_LOG = logging.getLogger(__name__)
Answers = Callable[[bytes, float], Answer]


class _Refused(Exception):
    """A request that is answered by an error: its status and its words."""


class _Limits:
    """Answers a few requests at a time, each of a limited size and within a limited time."""

    def __init__(self, answer: Answers, max_bytes: int, time_limit: float, max_requests: int):
        self._answer, self._max_bytes, self._time_limit = answer, max_bytes, time_limit
        self._most, self._open = max_requests, 0
        self._threads = ThreadPoolExecutor(max_requests, "keras_nonlocal_serving")

    async def __call__(self, request: Any) -> Answer:
        if self._open >= self._most:
            raise _Refused(503, f"{self._most} files are being worked on. Try again soon.")
        self._open += 1
        working = None
        try:
            async with asyncio.timeout(self._time_limit):
                content = await self._body(request)
                working = asyncio.get_running_loop().run_in_executor(
                    self._threads, self._answer, content, self._time_limit
                )
                return await asyncio.shield(working)
        except TimeoutError:
            what = "arrive" if working is None else "be answered"
            raise _Refused(
                408 if working is None else 503,
                f"The file took longer than {self._time_limit:g} seconds to {what}.",
            ) from None
        finally:
            # A thread cannot be stopped, so its place is free when it has ended.
            if working is None or working.done():
                self._release(working)
            else:
                working.add_done_callback(self._release)

    def _release(self, working: asyncio.Future | None) -> None:
        self._open -= 1
        if working is not None and not working.cancelled():
            working.exception()  # which nobody else may have seen

    async def _body(self, request: Any) -> bytes:
        """Reads the body; of one that is too long, nothing is kept."""
        content = bytearray()
        total = 0
        async for part in request.stream():
            total += len(part)
            if total <= self._max_bytes:
                content += part
            else:
                content.clear()
        if total > self._max_bytes:
            raise _Refused(
                413,
                f"The file must have at most {self._max_bytes / 1e6:g} MB. Received: "
                f"{total / 1e6:.1f} MB",
            )
        return bytes(content)


def web_app(
    predictor: Predictor,
    *,
    hosts: Sequence[str] = _LOOPBACK,
    max_bytes: int = 64_000_000,
    time_limit: float = 30.0,
    max_requests: int = 8,
) -> Any:
    """Makes a web application of a predictor: a page, and `POST /predict`.

    The page takes a file that is dropped onto it, plays it, and shows the most probable classes
    with what one position attends to. For networks of images, it shows their labels or objects over
    the image. It fetches nothing from elsewhere. The body of `POST /predict` is the file itself,
    and the answer is JSON. Files are kept no longer than they are read.

    Args:
        predictor: A predictor of any task, such as `keras_nonlocal.zoo.load` returns.
        hosts: Names by which clients may call the server, so that pages of other sites cannot. Use
            `["*"]` for any.
        max_bytes: Largest file.
        time_limit: Seconds in which a file must arrive and be answered.
        max_requests: Number of files that are taken at a time. Others are told to come back.

    Returns:
        An ASGI application, for uvicorn and other servers.

    Raises:
        ImportError: Starlette is not installed.
        ValueError: A limit is not positive, or there is no page for this predictor.

    Example:
        app = keras_nonlocal.serving.web_app(keras_nonlocal.zoo.load("nl_i3d_small_weizmann"))
    """
    try:
        import starlette  # noqa: F401 - this only asks whether it is installed
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    answer = Answerer(predictor)
    app = application(
        answer,
        facts_of(predictor, answer.kind),
        hosts=hosts,
        max_bytes=max_bytes,
        time_limit=time_limit,
        max_requests=max_requests,
    )
    answer.warm_up()
    return app


def application(
    answer: Answers,
    facts: Mapping[str, Any],
    *,
    hosts: Sequence[str],
    max_bytes: int = 64_000_000,
    time_limit: float = 30.0,
    max_requests: int = 8,
) -> Any:
    """Makes the application of `web_app` from what answers files, and the facts for the page."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import ClientDisconnect
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    positive_int("max_bytes", max_bytes)
    positive_int("max_requests", max_requests)
    at_least("time_limit", time_limit, 0.1)
    limits = _Limits(answer, max_bytes, time_limit, max_requests)
    page, policy = _page(facts, max_bytes)
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }

    async def show(request):
        return HTMLResponse(page, headers=headers)

    async def predict(request):
        try:
            return JSONResponse(await limits(request))
        except _Refused as error:
            status, words = error.args
            return JSONResponse({"error": words}, status, headers=_headers(status))
        except UploadError as error:
            return JSONResponse({"error": str(error)}, 400)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            _LOG.exception("A file could not be answered")
            return JSONResponse({"error": "The server failed on this file. Its log has more."}, 500)

    return Starlette(
        routes=[Route("/", show), Route("/predict", predict, methods=["POST"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*hosts], www_redirect=False)],
    )


def _listening(host: str, port: int, family: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        cause = str(error).rstrip(".")
        raise ValueError(
            f"The server cannot listen at {host}, port {port}: {cause}. Choose another port, or 0 "
            "for a free one."
        ) from error


def serve(
    predictor: Predictor,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    started: Callable[[str], None] | None = None,
    **limits: Any,
) -> None:
    """Serves a predictor on a page in the browser until it is interrupted, as by Ctrl-C.

    Only programs on this machine reach the address by default.

    Args:
        predictor: A predictor of any task, such as `keras_nonlocal.zoo.load` returns.
        host: Address to listen on; `"0.0.0.0"` is that of all networks.
        port: The port; 0 takes a free one.
        started: A function that is called with the address when the server answers.
        limits: `max_bytes`, `time_limit` and `max_requests`, as in `web_app`.

    Raises:
        ImportError: Starlette or uvicorn is not installed.
        ValueError: The address is not free or not one of this machine; or as in `web_app`.

    Example:
        predictor = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        keras_nonlocal.serving.serve(predictor, started=print)
    """
    try:
        import uvicorn
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _listening(host, port, family) as listening:
        hosts = _LOOPBACK if host in _LOOPBACK else ("*",)
        app = web_app(predictor, hosts=hosts, **limits)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
        if started is not None:
            name = f"[{host}]" if ":" in host else host
            started(f"http://{name}:{listening.getsockname()[1]}")
        with suppress(KeyboardInterrupt):  # which uvicorn raises again after it has ended well
            uvicorn.Server(config).run(sockets=[listening])


def _headers(status: int) -> dict[str, str]:
    """Headers of an error: whether to come back, or that the rest of a file is not waited for."""
    return {"Retry-After": "1"} if status == 503 else {"Connection": "close"}


def _page(facts: Mapping[str, Any], max_bytes: int) -> tuple[str, str]:
    """The page, and the policy by which a browser runs its script and nothing else."""
    script = (_FOLDER / "page.js").read_text("utf-8")
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = templates.get_template("page.html").render(
        max_bytes=max_bytes, script=Markup(script), **facts
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "connect-src 'self'; img-src data: blob:; media-src blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return page, policy


def facts_of(predictor: Any, kind: str) -> dict[str, Any]:
    """What the page says about a predictor: name, classes, and what it takes."""
    card = predictor.card
    name = predictor.model.name if card is None else card.name
    return {"name": name, "classes": predictor.class_names, "kind": kind}
