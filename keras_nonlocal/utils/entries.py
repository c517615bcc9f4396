"""The entries of the zoo: cards, recipes, studies, and lists of classes with their colors.

Commands import this module to list names in their help. So it imports nothing else of the package.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def entries_root() -> Path:
    """Returns `keras_nonlocal/zoo/entries` of an installation, or `zoo/` of a checkout."""
    installed = _PACKAGE / "zoo" / "entries"
    return installed if installed.is_dir() else _PACKAGE.parent / "zoo"


def card_names() -> list[str]:
    """Lists the names of all model cards.

    Returns:
        The names in alphabetical order.

    Example:
        >>> keras_nonlocal.pretrained.card_names()[:2]
        ['c2d_r101_kinetics400_mmaction2_nopool_8x8', 'c2d_r50_kinetics400_mmaction2_16x4']
    """
    return sorted(path.parent.name for path in entries_root().glob("*/card.json"))


def recipe_names() -> list[str]:
    """Lists the names of the recipes that come with the package.

    Returns:
        The names in alphabetical order.

    Example:
        >>> keras_nonlocal.tasks.recipe_names()[:2]
        ['charades_nl_i3d_r101', 'finetune_nl_i3d_r50']
    """
    return sorted(path.stem for path in (entries_root() / "recipes").glob("*.json"))


def study_names() -> list[str]:
    """Lists the names of the studies that come with the package.

    >>> study_names()
    ['embedded_weizmann', 'precision_weizmann', 'table2_kinetics', 'table2_weizmann']
    """
    return sorted(path.parent.name for path in entries_root().glob("*/study.json"))


@cache
def class_list(name: str) -> tuple[str, ...]:
    """Returns the names of the classes of a data set that several cards share.

    Raises:
        ValueError: There is no such list.

    >>> class_list("cityscapes")[:2]
    ('road', 'sidewalk')
    """
    path = entries_root() / "classes" / f"{name}.txt"
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.txt"))
        raise ValueError(f"The lists of classes are {known}. Received: {name!r}")
    return tuple(path.read_text("utf-8").splitlines())


def palette_names() -> list[str]:
    """Lists the data sets whose classes have published colors.

    >>> "cityscapes" in palette_names()
    True
    """
    return sorted(path.stem for path in (entries_root() / "palettes").glob("*.txt"))


@cache
def palette(name: str) -> tuple[tuple[int, ...], ...]:
    """Returns the published colors of the classes of a data set, RGB from 0 to 255.

    >>> palette("cityscapes")[:2]
    ((128, 64, 128), (244, 35, 232))
    """
    lines = (entries_root() / "palettes" / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(tuple(map(int, line.split())) for line in lines)
