"""The file that the tests download, and functions to look at the cache."""

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
FETCH_PROCESS = Path(__file__).with_name("fetch_process.py")


def source(*urls, digest=DIGEST, name="net.bin"):
    return PublishedFile(name, urls, digest)


def pin(cache):
    return json.loads((cache / "net.bin.pin.json").read_text())


def names(cache):
    """Returns the names of all files in the cache, except that of the lock."""
    return sorted(path.name for path in cache.glob("*") if path.name != ".net.bin.lock")


def start_child(cache, url, *, stderr=subprocess.PIPE, **options):
    options = {"cache": str(cache), "url": url, **options}
    command = [sys.executable, FETCH_PROCESS, json.dumps(options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
