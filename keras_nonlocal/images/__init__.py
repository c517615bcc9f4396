"""Images with masks or objects: how they become inputs, where they are kept, and batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
