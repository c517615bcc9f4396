"""Reading datasets from disk into manifests, checking manifests and writing them."""

from .check import check_class_numbers as check_class_numbers
from .check import check_manifest as check_manifest
from .read import read_source as read_source
from .write import write_manifest as write_manifest
