"""A process of its own that fetches, for tests that kill it. It loads no Keras.

Called with one JSON argument: url, cache, digest, size, and what is to go wrong: `die_at`, the
number of the file operation in the cache before which the process kills itself; `largest`, the
size in bytes that no file of the process may pass, as on a full disk; `user`, the number of the
user that it becomes.
"""

import json
import os
import signal
import sys

from keras_nonlocal import download
from keras_nonlocal.download import transfer


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


def main():
    wish = json.loads(sys.argv[1])
    assert "keras" not in sys.modules
    transfer.WAITS = (0.0, 0.0, 0.0)
    fetch, published = (
        download.fetch,
        download.PublishedFile,
    )  # before this process may read no more
    digest = download.Digest("sha256", wish["digest"]) if wish.get("digest") else None
    if wish.get("largest"):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (wish["largest"],) * 2)
    if wish.get("user"):
        os.setuid(wish["user"])
    if wish.get("die_at"):
        die_at(wish["die_at"], wish["cache"])
    source = published("net.bin", (wish["url"],), digest, wish.get("size"))
    try:
        print(fetch(source, cache=wish["cache"]))
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
