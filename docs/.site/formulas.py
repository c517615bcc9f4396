"""MkDocs hook: formulas of the tutorials become MathML, which browsers draw without a script."""

import re
from html import unescape

from latex2mathml.converter import convert

CODE = re.compile(r"(<(?:pre|code|script|style)\b.*?</(?:pre|code|script|style)>)", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$([^$\n]+?)\$(?!\w)", re.DOTALL)


def on_page_content(html, page, **_):
    """Only notebooks have formulas."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    return "".join(
        part if CODE.fullmatch(part) else FORMULA.sub(mathml, part) for part in CODE.split(html)
    )


def mathml(match):
    whole, within = match.groups()
    display = "block" if whole else "inline"
    return convert(unescape(whole or within).strip(), display=display)
