"""The names of other code bases: one table a source."""

from .caffe2 import CAFFE2
from .gluoncv import GLUONCV
from .mmaction2 import MMACTION2
from .name_map import NameMap as NameMap
from .name_map import unknown_names as unknown_names
from .pytorchvideo import PYTORCHVIDEO
from .slowfast import SLOWFAST
from .torchvision import TORCHVISION

SOURCES = {
    "caffe2": CAFFE2,
    "gluoncv": GLUONCV,
    "mmaction2": MMACTION2,
    "pytorchvideo": PYTORCHVIDEO,
    "slowfast": SLOWFAST,
    "torchvision": TORCHVISION,
}
