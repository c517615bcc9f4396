"""A file that somebody has published: its name, addresses and digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .digests import Digest

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")


@dataclass(frozen=True)
class PublishedFile:
    """A file that somebody has published.

    Args:
        name: The name of the file in the cache: letters, digits and `. _ + -`, without a folder.
        urls: The addresses of the file, in the order in which they are tried. Each begins with
            `https://` or `http://`.
        digest: The published digest, or `None` if the publisher states none.

    Raises:
        ValueError: The name has other characters, there is no address, or an address begins with
            something else.

    Example:
        >>> from keras_nonlocal.download import Digest, PublishedFile
        >>> source = PublishedFile(
        ...     "resnet50.pth",
        ...     ("https://download.pytorch.org/models/resnet50-0676ba61.pth",),
        ...     digest=Digest("sha256_prefix", "0676ba61"),
        ... )
        >>> source.name
        'resnet50.pth'
    """

    name: str
    urls: tuple[str, ...]
    digest: Digest | None = None

    def __post_init__(self) -> None:
        if not _PLAIN_NAME.fullmatch(self.name):
            raise ValueError(
                "`name` must be a plain file name: a letter or digit, then up to 199 letters, "
                f"digits or any of . _ + -. Received: name={self.name!r}"
            )
        if not isinstance(self.urls, tuple) or not self.urls:
            raise ValueError(
                f"`urls` must be a tuple of at least one address. Received: urls={self.urls!r}"
            )
        for url in self.urls:
            scheme, host = urlsplit(url)[:2]
            if scheme not in ("http", "https") or not host:
                raise ValueError(
                    "An address must begin with https:// or http:// and a host. A file that is on "
                    "this machine already can be copied into the cache folder under the name "
                    f"{self.name}. Received: {url!r}"
                )
