"""Progress bars on the terminal."""

from __future__ import annotations

import sys

from tqdm import tqdm


def on_terminal(shown: bool) -> bool:
    """Returns whether to show progress: it is requested, and standard error is a terminal."""
    return shown and sys.stderr is not None and sys.stderr.isatty()


def progress_bar(total: int | None, *, shown: bool, unit: str = " files", **options) -> tqdm:
    """Makes a progress bar on standard error. It prints nothing if that is not a terminal.

    Args:
        total: The number of units, or `None` if it is unknown.
        shown: Whether to show the bar at all.
        unit: The name of the unit. `"B"` counts bytes, which are shown as kB, MB and GB.
        options: As in tqdm.

    Returns:
        A bar with `update` and `close`, which is also a context manager.

    Example:
        >>> with progress_bar(3, shown=False) as bar:
        ...     _ = bar.update()
    """
    options |= {"unit": unit, "unit_scale": unit == "B", "dynamic_ncols": True}
    return tqdm(total=total, disable=not on_terminal(shown), **options)
