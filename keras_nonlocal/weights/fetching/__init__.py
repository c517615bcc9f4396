"""A published file on this machine, whole and right, or an error that says what to do.

Nothing here imports Keras: the standard library, `requests` and `filelock` are all it needs.
"""

from .cache import cache_root as cache_root
from .digests import Digest as Digest
from .fetch import FetchError as FetchError
from .fetch import fetch as fetch
from .source import Source as Source
