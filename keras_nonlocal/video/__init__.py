"""Video files: opened, sampled, scanned, drawn, and read into `tf.data` batches of clips."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
