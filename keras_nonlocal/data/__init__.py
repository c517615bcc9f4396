"""Any data set: which files it has, their labels and splits, and what cannot be read."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
