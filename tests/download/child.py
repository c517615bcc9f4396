"""A process of its own that fetches, for tests that kill it. It loads no Keras.

Called with one JSON argument: url, cache, digest, and what is to go wrong: `die_at`, the number of
the file operation in the cache before which the process kills itself; `largest`, the size in bytes
that no file of the process may pass, as on a full disk; `user`, the user that it becomes.
"""

import json
import os
import resource
import signal
import sys

from keras_nonlocal.download import transfer
from keras_nonlocal.download.digests import Digest
from keras_nonlocal.download.fetching import fetch
from keras_nonlocal.download.published_file import PublishedFile


def die_at(count, cache):
    """Kill this process before its `count`-th opening, renaming or removing in the cache."""
    left = count

    def look(event, arguments):
        nonlocal left
        if event in ("open", "os.rename", "os.remove") and str(arguments[0]).startswith(cache):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


wish = json.loads(sys.argv[1])
assert "keras" not in sys.modules
transfer.WAITS = (0.0, 0.0)
if wish.get("largest"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (wish["largest"],) * 2)
if wish.get("user"):
    os.setuid(wish["user"])
if wish.get("die_at"):
    die_at(wish["die_at"], wish["cache"])
digest = Digest("sha256", wish["digest"]) if wish.get("digest") else None
try:
    print(fetch(PublishedFile("net.bin", (wish["url"],), digest), cache=wish["cache"]))
except (OSError, ValueError) as error:
    sys.exit(f"{type(error).__name__}: {error}")
