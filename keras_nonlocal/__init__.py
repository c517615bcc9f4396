"""Non-local Neural Networks (Wang, Girshick, Gupta, He, CVPR 2018) for Keras 3."""

import gc as _gc
import os as _os
from importlib.metadata import PackageNotFoundError as _NotInstalled
from importlib.metadata import version as _version

# TensorFlow reads it when it is imported, and leaves its fast kernels off on CPUs without
# AVX-512 VNNI, whose training steps then take up to seven times as long.
_os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# What Keras and TensorFlow make while they are imported stays: to look for garbage in it takes
# a fifth of the time.
_collecting = _gc.isenabled()
_gc.disable()
try:
    from . import augmentation as augmentation
    from . import backbones as backbones
    from . import data as data
    from . import evaluation as evaluation
    from . import explain as explain
    from . import layers as layers
    from . import models as models
    from . import ops as ops
    from . import report as report
    from . import training as training
    from . import weights as weights
    from . import zoo as zoo
    from .accounting import flops as flops
    from .accounting import plan as plan
    from .folding import fold_batch_norm as fold_batch_norm
    from .freezing import freeze as freeze
finally:
    if _collecting:
        _gc.enable()

try:
    __version__ = _version("keras_nonlocal")
except _NotInstalled:  # a bare checkout
    __version__ = "0+unknown"
