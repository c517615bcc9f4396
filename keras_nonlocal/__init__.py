"""Non-local Neural Networks (Wang, Girshick, Gupta, He, CVPR 2018) for Keras 3.

Rooms are imported when they are touched, so `import keras_nonlocal` alone loads neither Keras nor
TensorFlow. `__init__.pyi` beside this file lists what there is.
"""

import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from threading import Thread

import lazy_loader
from wrapt import register_post_import_hook

# TensorFlow reads it when it is imported, and leaves its fast kernels off on CPUs without
# AVX-512 VNNI, whose training steps then take up to seven times as long.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

try:
    __version__ = version("keras_nonlocal")
except PackageNotFoundError:  # a bare checkout
    __version__ = "0+unknown"

# Rooms whose classes a saved model may name. Keras finds those that are registered, which happens
# when their modules are imported.
_SERIALIZABLE = ("layers", "augmentation", "backbones", "training.optimizers")


def _register(keras):
    try:
        for room in _SERIALIZABLE:
            import_module(f"{__name__}.{room}")
    except RuntimeError as error:
        if "deadlock" not in str(error):
            raise
        # Another thread imports the room, and waits until this one has imported Keras.
        Thread(target=_register, args=(keras,)).start()


register_post_import_hook(_register, "keras")
