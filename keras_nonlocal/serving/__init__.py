"""Trained networks behind an address: a page, a repository for Triton, and clients of servers."""

import keras

from . import client as client
from .triton_repository import triton as triton
from .web import serve as serve
from .web import web_app as web_app
