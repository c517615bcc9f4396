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


def source(*urls, digest=DIGEST, size=None):
    return PublishedFile("net.bin", urls, digest, size)


def pin(cache):
    return json.loads((cache / "net.bin.lock.json").read_text())


def visible(cache):
    return sorted(path.name for path in cache.glob("[!.]*"))


def start_child(cache, url, **wish):
    wish = {"cache": str(cache), "url": url, **wish}
    return subprocess.Popen(
        [sys.executable, CHILD, json.dumps(wish)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
