"""A page as its readers get it: headings, tables, pictures and words, by Python's HTML parser."""

import base64
from html.parser import HTMLParser


class Page(HTMLParser):
    """`tables` by caption: rows of texts, the heads first."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.attributes, self.images, self.tables = [], [], [], {}
        self.headings, self.words = [], ""
        self._rows, self._caption, self._inside = [], "", []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ("img", "meta", "link"):
            self._inside.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        elif tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
            assert tag == "td" or dict(attrs)["scope"] in ("row", "col")

    def handle_endtag(self, tag):
        assert self._inside.pop() == tag
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data):
        if "style" in self._inside:
            return
        data = data.replace("\N{NO-BREAK SPACE}", " ")
        self.words += data
        if {"td", "th"} & set(self._inside):
            self._rows[-1][-1] += data
        elif "caption" in self._inside:
            self._caption += data
        elif "h2" in self._inside:
            self.headings.append(data)

    def alt(self, part):
        """The only picture whose description holds these words."""
        (image,) = (image for image in self.images if part in image["alt"])
        return image["alt"]

    def picture(self, part):
        """The bytes of that picture."""
        (image,) = (image for image in self.images if part in image["alt"])
        return base64.b64decode(image["src"].partition("base64,")[2], validate=True)
