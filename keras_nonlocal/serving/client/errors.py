"""The error of all clients."""

from __future__ import annotations


class ServerError(RuntimeError):
    """A server cannot be reached, answers too late, or answers with an error.

    Attributes:
        status: The status of HTTP, or the name of the status of gRPC; `None` without an answer.

    Example:
        try:
            client.predict("clip.mp4")
        except keras_nonlocal.serving.client.ServerError as error:
            print(error.status, error)
    """

    def __init__(self, message: str, status: int | str | None = None):
        super().__init__(message)
        self.status = status
