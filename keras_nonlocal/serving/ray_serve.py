"""A predictor as an application of Ray Serve: the page, and the network in several processes."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

from ..tasks.predictor import Predictor
from ..utils.checks import positive_int
from .answers import Answer, Answerer, use_of
from .uploads import UploadError
from .web import application, facts_of

_INSTALL = 'Ray Serve is not installed. Run: pip install "keras_nonlocal[serve,ray]"'
_REFUSED = "refused"


def ray_app(predictor: Predictor, *, replicas: int = 1, **limits: Any) -> Any:
    """Makes an application of Ray Serve, with the network in several processes.

    It answers as `web_app`: a page at `/`, and JSON for the bytes of a file at `/predict`. Ray
    starts the processes, on all machines of its cluster, shares files among them, and replaces one
    that ends. The files that it was working on go to another one.

    Args:
        predictor: A predictor of any task, such as `keras_nonlocal.zoo.load` returns.
        replicas: Number of processes that hold the network.
        limits: `max_bytes`, `time_limit` and `max_requests` of the page, as in `web_app`.

    Returns:
        An application for `ray.serve.run`.

    Raises:
        ImportError: Ray Serve is not installed.
        ValueError: `replicas` is not a positive integer, or there is no page for this predictor.

    Example:
        from ray import serve

        classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        serve.run(keras_nonlocal.serving.ray_app(classifier, replicas=2))
    """
    try:
        from ray import serve
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    positive_int("replicas", replicas)
    facts = facts_of(predictor, use_of(predictor)[0])
    network = serve.deployment(Network, num_replicas=replicas)

    def build():  # in the process of the page
        handle = serve.get_deployment_handle(Network.__name__)
        return application(partial(_ask, handle), facts, hosts=("*",), **limits)

    class Page:
        def __init__(self, network: Any):
            """Holds nothing; Ray starts the network for it."""

    page = serve.deployment(max_ongoing_requests=100, ray_actor_options={"num_cpus": 0})
    return page(serve.ingress(build)(Page)).bind(network.bind(predictor))


class Network:
    """A process with the network.

    Args:
        predictor: As in `ray_app`.
    """

    def __init__(self, predictor: Predictor):
        self._answer = Answerer(predictor)
        self._answer.warm_up()

    async def __call__(self, content: bytes, time_limit: float) -> Answer:
        """Answers a file. What is wrong with it is an answer, too: errors would carry a trace."""
        try:
            return await asyncio.to_thread(self._answer, content, time_limit)
        except UploadError as error:
            return {_REFUSED: str(error)}


def _ask(handle: Any, content: bytes, time_limit: float) -> Answer:
    """Asks one process, and another one if that ends; the same file may be answered twice."""
    from ray.exceptions import RayActorError

    end = time.monotonic() + time_limit
    while (left := end - time.monotonic()) > 0:
        try:
            answer = handle.remote(content, left).result(timeout_s=left)
        except RayActorError:
            continue
        if _REFUSED in answer:
            raise UploadError(answer[_REFUSED])
        return answer
    raise TimeoutError
