"""The names of other code bases: one table a source."""

from .name_map import NameMap as NameMap
from .name_map import unknown_names as unknown_names
from .sources import SOURCES as SOURCES
