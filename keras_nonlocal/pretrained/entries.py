"""Lists the entries of the zoo: cards, recipes and studies.

Commands import this module to list names in their help. So it imports nothing else of the package.
"""

from __future__ import annotations

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
