"""The content of a report as plain data, which `report.html` renders as a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Colors by Okabe and Ito, which people with any kind of color vision can distinguish.
BLUE, ORANGE, GRAY = "#0072b2", "#d55e00", "#767676"
_CSS_PIXELS_PER_INCH = 96


@dataclass(frozen=True)
class Plot:
    """A plot. Its colors are inverted if the page is dark.

    Attributes:
        png: The bytes of a PNG file.
        width: The width on the page in CSS pixels.
        alt: A description in words.
    """

    png: bytes
    width: int
    alt: str


@dataclass(frozen=True)
class ReportTable:
    """A table of a report. The first cell of a row is its heading.

    Attributes:
        caption: The caption.
        headings: A heading for each column.
        rows: The rows, with one cell for each column.
        summary: If given, the table is folded, and a click on these words shows it.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    summary: str = ""


@dataclass(frozen=True)
class Sample:
    """An example with the prediction of the model.

    Attributes:
        name: The name of the example, such as that of its file.
        verdict: `"Right"` or `"Wrong"`.
        words: The true class, and for a wrong prediction the predicted class.
        guesses: The most probable classes: name, probability from 0 to 1, and whether it is true.
        image: The image, uint8 `(height, width, 3)`.
    """

    name: str
    verdict: str
    words: str
    guesses: Sequence[tuple[str, float, bool]]
    image: np.ndarray

    def jpeg(self) -> bytes:
        """Returns the image as the bytes of a JPEG file."""
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(self.image).save(buffer, "JPEG", quality=85)
        return buffer.getvalue()


@dataclass(frozen=True)
class Section:
    """A section of a report. Plots, notes, samples and table follow in this order.

    Attributes:
        heading: The heading.
        plots: Plots.
        notes: Paragraphs.
        samples: Examples.
        table: A table.
        png: The PNG file that is written beside the page, if there is one.
    """

    heading: str
    plots: Sequence[Plot] = ()
    notes: Sequence[str] = ()
    samples: Sequence[Sample] = ()
    table: ReportTable | None = None
    png: bytes | None = None


def plot_of(figure: Any, alt: str) -> Plot:
    """Makes a plot of a figure of matplotlib, with the width of the figure."""
    return Plot(png(figure), round(figure.get_figwidth() * _CSS_PIXELS_PER_INCH), alt)


def png(figure: Any, dpi: int = 192) -> bytes:
    """Returns a figure of matplotlib as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def number(value: float) -> str:
    """Formats a number for a table.

    >>> number(1200000), number(2.345678)
    ('1200000', '2.346')
    """
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"


def percent(fraction: float) -> str:
    """Formats a fraction as percent, with a no-break space.

    >>> percent(0.925).split()
    ['92.5', '%']
    """
    return f"{100 * fraction:.1f}\N{NO-BREAK SPACE}%"
