"""Videos for tests of what reads lists of them."""

from video.conftest import write as write
