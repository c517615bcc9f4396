"""Classes that are told apart by the side or by the order of time, found by their names.

A mirrored "swipe left" is a "swipe right", and "open" is "close" backwards. A recipe that mirrors
such clips gives them wrong labels, and a network without convolutions over time cannot learn them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from ...models.families import FAMILIES
from .recipe import VideoRecipe

# Words that a mirror exchanges, and words that only the order of time exchanges.
SIDES = {"left": "right", "clockwise": "counterclockwise", "cw": "ccw"}
ORDERS = {
    "open": "close",
    "opening": "closing",
    "up": "down",
    "upward": "downward",
    "upwards": "downwards",
    "in": "out",
    "forward": "backward",
    "forwards": "backwards",
    "push": "pull",
    "pushing": "pulling",
    "enter": "leave",
    "entering": "leaving",
    "raise": "lower",
    "raising": "lowering",
    "stand": "sit",
    "fold": "unfold",
    "folding": "unfolding",
    "cover": "uncover",
    "covering": "uncovering",
}
# Other spellings of these words.
_SAME = {"anticlockwise": "counterclockwise", "closed": "close", "opened": "open", "shut": "close"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHOWN = 4


def opposite_pairs(class_names: Sequence[str], *tables: dict[str, str]) -> list[tuple[int, int]]:
    """Finds pairs of classes whose names differ in opposite words only.

    Args:
        class_names: Names of the classes.
        *tables: Opposite words, such as `SIDES`.

    Returns:
        Pairs of class indices.

    Example:

    >>> opposite_pairs(["swipe_left", "SwipeRight", "stop", "swipe up"], SIDES)
    [(0, 1)]
    """
    words = [_words(name) for name in class_names]
    index = {each: number for number, each in enumerate(words)}
    exchanges = [
        {first: second, second: first} for table in tables for first, second in table.items()
    ]
    pairs = set()
    for number, each in enumerate(words):
        for exchange in (which for which in exchanges if not which.keys().isdisjoint(each)):
            other = index.get(tuple(exchange.get(word, word) for word in each), number)
            pairs |= {(min(number, other), max(number, other))} if number != other else set()
    return sorted(pairs)


def warn_of_opposites(recipe: VideoRecipe, class_names: Sequence[str]) -> None:
    """Warns if a recipe mirrors classes that a mirror exchanges, or cannot see an order of time.

    Args:
        recipe: The recipe.
        class_names: Names of the classes of the training videos.
    """
    sides = opposite_pairs(class_names, SIDES)
    mirrored = [pair for pair in sides if not _knows(recipe, pair)]
    if mirrored:
        warnings.warn(
            f"The recipe mirrors clips at random, but {_listed(mirrored, class_names)} look like "
            "classes that a mirror exchanges, so their labels become wrong. Remove `RandomFlip`, "
            f"or give it `pairs` of class indices: {[list(pair) for pair in mirrored]}",
            stacklevel=3,
        )
    if sides and recipe.test_flip:
        warnings.warn(
            f"`test_flip` evaluates mirrored clips, too, but {_listed(sides, class_names)} look "
            "like classes that a mirror exchanges. Set `test_flip` to false",
            stacklevel=3,
        )
    orders = opposite_pairs(class_names, SIDES, ORDERS)
    if orders and FAMILIES[recipe.builder].inflation is None:
        warnings.warn(
            f"{_listed(orders, class_names)} look like classes that differ in the order of time, "
            f"which {recipe.builder} does not see: it convolves single frames. Use a network whose "
            "name contains i3d",
            stacklevel=3,
        )


def _words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case, whatever stands between them.

    >>> _words("TurnClockwise"), _words("turn counter-clockwise")
    (('turn', 'clockwise'), ('turn', 'counterclockwise'))
    """
    words = " ".join(_WORD.findall(name)).lower()
    words = re.sub(r"\b(counter|anti) clockwise\b", "counterclockwise", words)
    return tuple(_SAME.get(word, word) for word in words.split())


def _knows(recipe: VideoRecipe, pair: tuple[int, int]) -> bool:
    """Whether no layer mirrors these two classes without exchanging them."""
    for layer in recipe.augmentation:
        if layer["layer"] != "RandomFlip" or layer.get("p", 0.5) == 0:
            continue
        pairs = [set(each) for each in layer.get("pairs", ())]
        if set(pair) not in pairs and not set(pair) <= set(layer.get("veto", ())):
            return False
    return True


def _listed(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> str:
    texts = [f"{names[first]!r} and {names[second]!r}" for first, second in pairs[:_SHOWN]]
    return "; ".join(texts) + ("; and others" if len(pairs) > _SHOWN else "")
