"""Networks for inference: the same outputs with less computation, and files for other programs."""

import keras

from .fold_batch_norm import fold_batch_norm as fold_batch_norm
from .freeze import freeze as freeze
from .litert import litert as litert
from .onnx import onnx as onnx
from .openvino import openvino as openvino
from .saved_model import saved_model as saved_model
from .signature import Served as Served
from .signature import Signature as Signature
