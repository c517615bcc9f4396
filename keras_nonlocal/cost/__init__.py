"""The cost of a network before it runs: multiply-adds, parameters and memory."""

import keras

from .attention_plan import plan as plan
from .flops import flops as flops
from .memory import inference_bytes as inference_bytes
from .memory import training_bytes as training_bytes
