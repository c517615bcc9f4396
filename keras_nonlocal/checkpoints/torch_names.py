"""The names that a pickle of PyTorch tensors may refer to, and their stand-ins."""

from __future__ import annotations

from dataclasses import dataclass

from .lazy_arrays import BFLOAT16, BOOL, ElementType, Storage, View, view
from .numpy_names import NUMPY
from .pickle_names import COMMON, Call, Names


@dataclass(frozen=True)
class StorageType:
    """Stands for a storage class such as `torch.FloatStorage`."""

    element_type: ElementType


STORAGES = {
    "DoubleStorage": ElementType("f8"),
    "FloatStorage": ElementType("f4"),
    "HalfStorage": ElementType("f2"),
    "BFloat16Storage": BFLOAT16,
    "LongStorage": ElementType("i8"),
    "IntStorage": ElementType("i4"),
    "ShortStorage": ElementType("i2"),
    "CharStorage": ElementType("i1"),
    "ByteStorage": ElementType("u1"),
    "BoolStorage": BOOL,
}


def _tensor(storage: Storage, offset: int, shape: tuple, strides: tuple, *training: object) -> View:
    """Ignores what training needs after the strides: whether it has a gradient, and hooks."""
    return view(storage, offset, shape, strides)


def _parameter(tensor: View, *training: object) -> View:
    return tensor


_TENSOR = (Storage, int, tuple, tuple)

TORCH: Names = {
    **COMMON,
    **NUMPY,
    **{("torch", name): StorageType(kind) for name, kind in STORAGES.items()},
    ("torch._utils", "_rebuild_tensor"): Call(
        "_rebuild_tensor", _tensor, _TENSOR, makes_arrays=True
    ),
    ("torch._utils", "_rebuild_tensor_v2"): Call(
        "_rebuild_tensor_v2", _tensor, (*_TENSOR, bool, dict, (dict, type(None))), 1, True
    ),
    ("torch._utils", "_rebuild_parameter"): Call(
        "_rebuild_parameter", _parameter, (View, bool, dict)
    ),
    ("torch._utils", "_rebuild_parameter_with_state"): Call(
        "_rebuild_parameter_with_state", _parameter, (View, bool, dict, object)
    ),
}
