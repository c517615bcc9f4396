"""All code bases whose names are known."""

from __future__ import annotations

from .caffe2 import CAFFE2
from .gluoncv import GLUONCV
from .mmaction2 import MMACTION2
from .name_map import NameMap
from .pytorchvideo import PYTORCHVIDEO
from .slowfast import SLOWFAST
from .torchvision import TORCHVISION

SOURCES: dict[str, NameMap] = {
    "caffe2": CAFFE2,
    "gluoncv": GLUONCV,
    "mmaction2": MMACTION2,
    "pytorchvideo": PYTORCHVIDEO,
    "slowfast": SLOWFAST,
    "torchvision": TORCHVISION,
}
