"""Where a file is published, and what is known about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .digests import Digest

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
WEB = ("http", "https")


@dataclass(frozen=True)
class PublishedFile:
    """A published file: its name in the cache, its addresses, its digest and size.

    Args:
        name: Name of the file in the cache: letters, digits and `. _ + -`, no folder.
        urls: Addresses that hold the same file, in the order in which they are tried:
            `http://`, `https://`, `file://`, or the path of a local file.
        digest: As published, or `None` where the publisher states none.
        size: In bytes, or `None`.

    Raises:
        ValueError: A name that is no plain name, no address, an address of another kind, or a size
            that is no count of bytes.

    Example:
        >>> from keras_nonlocal.download import Digest, PublishedFile
        >>> source = PublishedFile(
        ...     "resnet50.pth",
        ...     ("https://download.pytorch.org/models/resnet50-0676ba61.pth",),
        ...     digest=Digest("sha256_prefix", "0676ba61"),
        ...     size=102530333,
        ... )
        >>> source.name
        'resnet50.pth'
    """

    name: str
    urls: tuple[str, ...]
    digest: Digest | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if not _PLAIN_NAME.fullmatch(self.name) or self.name.endswith(".lock.json"):
            raise ValueError(
                "`name` must be a plain file name: a letter or digit, then up to 199 letters, "
                "digits or any of . _ + -, and not the end .lock.json, which the cache uses. "
                f"Received: name={self.name!r}"
            )
        if not isinstance(self.urls, tuple) or not self.urls:
            raise ValueError(
                f"`urls` must be a tuple of at least one address. Received: urls={self.urls!r}"
            )
        for url in self.urls:
            _check_url(url)
        if self.size is not None and self.size < 0:
            raise ValueError(f"`size` must not be negative. Received: size={self.size!r}")


def is_web(url: str) -> bool:
    """Whether an address is one for an HTTP client."""
    return _scheme(url) in WEB


def local_path(url: str) -> Path:
    """The local file that a `file://` address or a plain path means."""
    if _scheme(url) == "file":
        return Path(url2pathname(urlsplit(url).path))
    return Path(url).expanduser()


def _scheme(url: str) -> str:
    scheme = urlsplit(url).scheme.lower()
    return scheme if len(scheme) > 1 else ""  # one letter is a Windows drive


def _check_url(url: str) -> None:
    if not isinstance(url, str) or not url:
        raise ValueError(f"An address must be text. Received: {url!r}")
    scheme = _scheme(url)
    if scheme not in (*WEB, "file", ""):
        raise ValueError(
            f"An address must be http://, https://, file:// or a local path. Received: {url!r}"
        )
    host = urlsplit(url).netloc
    if (scheme in WEB and not host) or (scheme == "file" and host not in ("", "localhost")):
        raise ValueError(
            "A web address needs a host, and a file:// address must not name another machine. "
            f"Received: {url!r}"
        )
