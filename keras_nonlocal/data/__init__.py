"""Datasets as lists of files with labels and splits, and logs of files that cannot be read."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
