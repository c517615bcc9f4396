"""Labels as they are written, names or numbers -> class numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set

Cells = Sequence[Sequence[str | int]]
Where = Callable[[int], str]
_SHOWN = 10
_MOST_CLASSES = 1_000_000


def class_numbers(
    labels: Cells, class_names: Sequence[str] | None, where: Where, *, numbered: bool = True
) -> tuple[list[tuple[int, ...]], tuple[str, ...]]:
    """The class numbers of each row, and the names of the classes.

    Names that are given win: labels are looked up in them, or are numbers of them where all are
    whole numbers and none is the name of another class. Otherwise the classes are the names
    found, sorted, or the numbers from 0 to the largest one found.

    Args:
        labels: Those of each row, names or numbers.
        class_names: Names in the order of their numbers; `None` to find them.
        where: What errors call a row.
        numbered: Whether labels may be numbers of the names given.

    Raises:
        ValueError: A label is no name among those given; the names given are not different; labels
            may be names or numbers.

    Example:

    >>> class_numbers([["run"], [], ["bend"]], None, str)
    ([(1,), (), (0,)], ('bend', 'run'))
    """
    found = {label for row in labels for label in row}
    names = _found_names(found) if class_names is None else check_names(class_names)
    if numbered and not found <= set(names) and all(map(_is_number, found)):
        _check_numbers(found, names)
        return [tuple(int(label) for label in row) for row in labels], names
    numbers = {name: number for number, name in enumerate(names)}
    _check_known(labels, numbers, where)
    return [tuple(numbers[str(label)] for label in row) for row in labels], names


def check_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """`class_names` as a tuple, if they are different names."""
    unordered = isinstance(class_names, str | Mapping | Set)
    names = () if unordered else tuple(class_names)
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if not names or repeated or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "`class_names` must be different names, in the order of their numbers. "
            f"Received: {f'{repeated[:_SHOWN]} twice' if repeated else repr(class_names)}"
        )
    return names


def _found_names(found: set[str | int]) -> tuple[str, ...]:
    if not found or not all(map(_is_number, found)):
        return tuple(sorted(map(str, found)))
    largest = max(map(int, found))
    if largest >= _MOST_CLASSES:
        raise ValueError(
            f"Labels that are numbers must be class numbers, counted from 0. Received: {largest}. "
            "Write names, or give `class_names`."
        )
    return tuple(str(number) for number in range(largest + 1))


def _check_numbers(found: set[str | int], names: tuple[str, ...]) -> None:
    """An error where a written number is the name of another class, as names may be digits."""
    numbers = {name: number for number, name in enumerate(names)}
    said = {label for label in found if isinstance(label, str)}
    double = sorted(label for label in said if numbers.get(label, int(label)) != int(label))
    if double:
        raise ValueError(
            "Labels must all be names among `class_names`, or all be numbers of them. Received: "
            f"{double[0]}, which is the name of class {numbers[double[0]]}, and "
            f"{min(said - set(names), default=double[0])}, which is no name"
        )


def _check_known(labels: Cells, numbers: dict[str, int], where: Where) -> None:
    for row, label in _all(labels):
        if str(label) not in numbers:
            names = list(numbers)
            more = f", ... {len(names)} in all" if len(names) > _SHOWN else ""
            raise ValueError(
                f"{where(row)}: the label must be one of `class_names`: "
                f"{', '.join(names[:_SHOWN])}{more}. Received: {label!r}"
            )


def _all(labels: Cells) -> Iterator[tuple[int, str | int]]:
    return ((row, label) for row, cell in enumerate(labels) for label in cell)


def _is_number(label: str | int) -> bool:
    return isinstance(label, int) or (label.isascii() and label.isdigit())
