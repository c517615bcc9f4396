"""Images with masks: how they become inputs, where data sets keep them, and `tf.data` batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
