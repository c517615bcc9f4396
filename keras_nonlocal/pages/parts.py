"""Pieces of a page. Whatever is shown goes through `text`, so that no name can become markup."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

# By Okabe and Ito: told apart with every kind of color vision.
BLUE, ORANGE, GRAY = "#0072b2", "#d55e00", "#767676"
DPI = 192
_CSS_PIXELS = 96  # an inch


@dataclass(frozen=True)
class Section:
    """A part of the report under its own heading.

    Attributes:
        heading: Plain text.
        body: HTML.
        png: The picture that is written beside the page, if there is one.
    """

    heading: str
    body: str
    png: bytes | None = None


def text(value: Any) -> str:
    return escape(str(value))


def paragraph(words: str, kind: str = "") -> str:
    return f'<p class="{kind}">{text(words)}</p>' if kind else f"<p>{text(words)}</p>"


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], caption: str) -> str:
    """The first cell of a row is its header. Wide tables scroll inside their frame."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in heads)
    body = "\n".join(
        f'<tr><th scope="row">{text(first)}</th>'
        + "".join(f"<td>{text(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{text(caption)}" tabindex="0">'
        f"<table><caption>{text(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def folded(summary: str, body: str) -> str:
    return f"<details><summary>{text(summary)}</summary>\n{body}\n</details>"


def chart(png: bytes, inches: float, alt: str) -> str:
    """A drawing as wide as it was made for, or as the screen; dark where the page is."""
    width = round(inches * _CSS_PIXELS)
    return f'<img class="chart" width="{width}" alt="{text(alt)}" src="{_inline("png", png)}">'


def photo(jpeg: bytes, alt: str) -> str:
    return f'<img class="photo" alt="{text(alt)}" src="{_inline("jpeg", jpeg)}">'


def png(figure: Any, dpi: int = DPI) -> bytes:
    """A matplotlib figure as the bytes of a file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def format_number(value: float) -> str:
    """A number as a table shows it: four digits of those that are not whole."""
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def per_cent(share: float) -> str:
    """A part of one.

    >>> per_cent(0.925).split()  # by a space that does not break lines
    ['92.5', '%']
    """
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def _inline(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
