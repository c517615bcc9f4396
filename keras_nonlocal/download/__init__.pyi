from .cache import cache_root as cache_root
from .digests import Digest as Digest
from .fetching import FetchError as FetchError
from .fetching import fetch as fetch
from .published_file import PublishedFile as PublishedFile
