"""What the tests fetch, and how they look at the folder that it comes to."""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

from keras_nonlocal.download import Digest, PublishedFile

DATA = random.Random(0).randbytes(1_000_000)
OTHER = random.Random(1).randbytes(1_000_000)
DIGEST = Digest("sha256", hashlib.sha256(DATA).hexdigest())
CHILD = Path(__file__).with_name("child.py")


def source(*urls, digest=DIGEST, name="net.bin"):
    return PublishedFile(name, urls, digest)


def pin(cache):
    return json.loads((cache / "net.bin.pin.json").read_text())


def names(cache):
    """All that lies in the cache, but for the lock."""
    return sorted(path.name for path in cache.glob("*") if path.name != ".net.bin.lock")


def start_child(cache, url, *, stderr=subprocess.PIPE, **wish):
    wish = {"cache": str(cache), "url": url, **wish}
    command = [sys.executable, CHILD, json.dumps(wish)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
