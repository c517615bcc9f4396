"""Trained networks by name: load, verify, convert, and the table of all cards."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
