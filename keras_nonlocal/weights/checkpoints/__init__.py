"""Checkpoints of other frameworks as arrays, without those frameworks and without running anything.

From the bottom up: `source` (checked reads), `arrays` (numbers in a file), `calls`, `machine` and
`instructions` (pickles), `numpy_names` and `torch_names` (what a pickle may name), one file a
format, and `read` (the door).
"""

from .read import read_checkpoint as read_checkpoint
