"""Trained networks behind an address: a page, forms for other servers, and clients."""

import keras

from . import client as client
from .ray_serve import ray_app as ray_app
from .triton_repository import triton as triton
from .web import serve as serve
from .web import web_app as web_app
