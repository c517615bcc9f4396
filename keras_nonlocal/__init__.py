"""Non-local Neural Networks (Wang, Girshick, Gupta, He, CVPR 2018) for Keras 3.

Subpackages are imported when they are first used, so `import keras_nonlocal` alone loads neither
Keras nor TensorFlow. `__init__.pyi` beside this file lists all names.
"""

import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from threading import Thread

import lazy_loader
from wrapt import register_post_import_hook

# TensorFlow reads this variable when it is imported. By default it does not use oneDNN's kernels on
# CPUs without AVX-512 VNNI, where training steps then take up to seven times as long.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

try:
    __version__ = version("keras_nonlocal")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"

# Packages with classes that a saved model may contain. Keras finds a class only after its module
# was imported, as this registers the class.
_SERIALIZABLE = ("layers", "augmentation", "backbones", "regions", "training.optimizers")


def _register(keras):
    try:
        for package in _SERIALIZABLE:
            import_module(f"{__name__}.{package}")
    except RuntimeError as error:
        if "deadlock" not in str(error):
            raise
        # Another thread is importing this package, and waits until this one has imported Keras.
        Thread(target=_register, args=(keras,)).start()


register_post_import_hook(_register, "keras")
