"""What a network costs before it runs: multiply-adds, parameters, memory of its blocks."""

from .flops import Flops as Flops
from .flops import flops as flops
from .memory import inference_bytes as inference_bytes
from .memory import training_bytes as training_bytes
from .plan import Plan as Plan
from .plan import plan as plan
