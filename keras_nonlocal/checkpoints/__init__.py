"""Checkpoints of other frameworks as arrays, without those frameworks and without running any code.

From the bottom up: `binary_file` (checked reads), `lazy_arrays` (numbers in a file),
`pickle_names`, `pickle_machine` and `pickle_opcodes` (pickles), `numpy_names` and `torch_names`
(what a pickle may name), one file a format, and `read` (the entry point).
"""

from .read import read_checkpoint as read_checkpoint
