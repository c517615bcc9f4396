"""Published weights: their model cards, and the meaning of a builder's argument `weights`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
