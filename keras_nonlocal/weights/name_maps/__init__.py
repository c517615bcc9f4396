"""Tables that map the tensor names of other code bases to the names of this package."""

from .name_map import NameMap as NameMap
from .tables import SOURCES as SOURCES
