"""A process that downloads a file, for tests that kill it. It does not load Keras.

Its only argument is JSON with `url`, `cache`, `digest`, and with what shall go wrong: `die_at`, the
number of the file operation in the cache before which the process kills itself; `largest`, the
largest file in bytes that the process may write, as on a full disk; `user`, the id of the user that
it runs as.
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
    """Kills this process before it opens, renames or removes a file in the cache, at that count."""
    remaining = count

    def count_down(event, arguments):
        nonlocal remaining
        if event in ("open", "os.rename", "os.remove") and str(arguments[0]).startswith(cache):
            remaining -= 1
            if remaining == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_down)


options = json.loads(sys.argv[1])
assert "keras" not in sys.modules
transfer.WAITS = (0.0, 0.0)
if options.get("largest"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (options["largest"],) * 2)
if options.get("user"):
    os.setuid(options["user"])
if options.get("die_at"):
    die_at(options["die_at"], options["cache"])
digest = Digest("sha256", options["digest"]) if options.get("digest") else None
try:
    print(fetch(PublishedFile("net.bin", (options["url"],), digest), cache=options["cache"]))
except (OSError, ValueError) as error:
    sys.exit(f"{type(error).__name__}: {error}")
