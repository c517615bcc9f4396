"""What a report shows, as plain data: `report.html` makes a page of it and escapes every name."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# By Okabe and Ito: people with any kind of color vision can tell them apart.
BLUE, ORANGE, GRAY = "#0072b2", "#d55e00", "#767676"
_CSS_PIXELS = 96  # an inch


@dataclass(frozen=True)
class Chart:
    """A drawing, which is inverted where the page is dark.

    Attributes:
        png: The bytes of a PNG file.
        width: How wide the page shows it, in CSS pixels.
        alt: What it shows, in words.
    """

    png: bytes
    width: int
    alt: str


@dataclass(frozen=True)
class PageTable:
    """Rows of cells under their heads. The first cell of a row says what the row is about.

    Attributes:
        caption: What the table holds.
        heads: A name for each column.
        rows: One cell for each column.
        folded_under: If this is given, the page shows these words only, and the table on a click.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    folded_under: str = ""


@dataclass(frozen=True)
class Sample:
    """An example, and what the model said of it.

    Attributes:
        name: Such as the name of its file.
        verdict: `"Right"` or `"Wrong"`.
        words: Its true class, and what it was taken for.
        guesses: The likeliest classes: name, probability from 0 to 1, whether it is true.
        image: uint8 `(height, width, 3)`.
    """

    name: str
    verdict: str
    words: str
    guesses: Sequence[tuple[str, float, bool]]
    image: np.ndarray

    def jpeg(self) -> bytes:
        """The image as the bytes of a file."""
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(self.image).save(buffer, "JPEG", quality=85)
        return buffer.getvalue()


@dataclass(frozen=True)
class Section:
    """A part of the report: its charts, notes, samples and table follow in this order.

    Attributes:
        heading: Stands above the section.
        charts: Drawings.
        notes: Paragraphs.
        samples: Examples.
        table: One table.
        png: The picture that is written beside the page, if there is one.
    """

    heading: str
    charts: Sequence[Chart] = ()
    notes: Sequence[str] = ()
    samples: Sequence[Sample] = ()
    table: PageTable | None = None
    png: bytes | None = None


def chart_of(figure: Any, alt: str) -> Chart:
    """A figure of matplotlib as wide as it was made for."""
    return Chart(png(figure), round(figure.get_figwidth() * _CSS_PIXELS), alt)


def png(figure: Any, dpi: int = 192) -> bytes:
    """A figure of matplotlib as the bytes of a file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def number(value: float) -> str:
    """A number as a table shows it.

    >>> number(1200000), number(2.345678)
    ('1200000', '2.346')
    """
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"


def percent(share: float) -> str:
    """A part of one, with a space at which no line breaks.

    >>> percent(0.925).split()
    ['92.5', '%']
    """
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"
