"""Reading, sampling, scanning and showing video files, and `tf.data` batches of their clips."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
