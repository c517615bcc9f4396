"""A bar on the terminal that says how far a long task is."""

from __future__ import annotations

import sys

from tqdm import tqdm


def on_terminal(shown: bool) -> bool:
    """Whether to show something on standard error: it is wanted, and that is a terminal."""
    return shown and sys.stderr is not None and sys.stderr.isatty()


def progress_bar(total: int | None, *, shown: bool, unit: str = " files", **options) -> tqdm:
    """A bar of tqdm on standard error, if that is a terminal. Otherwise it prints nothing.

    Args:
        total: How many units there are; `None` if nobody knows.
        shown: Whether to draw at all.
        unit: What is counted. `"B"` counts bytes, which are shown as kB, MB and GB.
        options: As in tqdm.

    Returns:
        A bar with `update` and `close`, which is a context manager too.

    Example:

    >>> with progress_bar(3, shown=False) as bar:
    ...     _ = bar.update()
    """
    options |= {"unit": unit, "unit_scale": unit == "B", "dynamic_ncols": True}
    return tqdm(total=total, disable=not on_terminal(shown), **options)
