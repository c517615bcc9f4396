"""Reads checkpoints of other frameworks as NumPy arrays, without those frameworks.

No code of a file is executed. The modules, from the lowest level up: `binary_file` (checked reads),
`lazy_arrays` (arrays that are still in the file), `pickle_names`, `pickle_machine` and
`pickle_opcodes` (the pickle interpreter), `numpy_names` and `torch_names` (the names that a pickle
may refer to), one module for each format, and `read` (the entry point).
"""

from .read import read_checkpoint as read_checkpoint
