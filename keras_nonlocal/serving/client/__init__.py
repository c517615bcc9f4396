"""Clients of servers: they send videos, frames and arrays, and get the answers as arrays."""

import keras

from .errors import ServerError as ServerError
from .tensorflow_serving import TensorFlowServingClient as TensorFlowServingClient
from .triton import TritonClient as TritonClient
