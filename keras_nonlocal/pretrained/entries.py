"""Where the data of the zoo lies, and what there is: cards, recipes, studies."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def entries_root() -> Path:
    """`keras_nonlocal/zoo/entries` when installed, `zoo/` in a checkout."""
    installed = _PACKAGE / "zoo" / "entries"
    return installed if installed.is_dir() else _PACKAGE.parent / "zoo"


def card_names() -> list[str]:
    """The names of all cards, sorted."""
    return sorted(path.parent.name for path in entries_root().glob("*/card.json"))


def recipe_names() -> list[str]:
    """The names of the recipes that come along.

    >>> recipe_names()[:2]
    ['charades_nl_i3d_r101', 'finetune_nl_i3d_r50']
    """
    return sorted(path.stem for path in (entries_root() / "recipes").glob("*.json"))


def study_names() -> list[str]:
    """The names of the studies that come along.

    >>> study_names()
    ['embedded_weizmann', 'precision_weizmann', 'table2_kinetics', 'table2_weizmann']
    """
    return sorted(path.parent.name for path in entries_root().glob("*/study.json"))
