"""Loads trained networks by name, verifies and converts them, and lists all model cards."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
