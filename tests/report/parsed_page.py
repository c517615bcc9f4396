"""A parsed page: headings, tables, images and text."""

import base64

from bs4 import BeautifulSoup


class Page:
    """A parsed page. `tables` holds rows of texts by caption, beginning with the headings."""

    def __init__(self, path):
        text = path.read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")
        self.path, self.soup = path, BeautifulSoup(text, "html.parser")
        every = self.soup.find_all(True)
        self.tags = [tag.name for tag in every]
        self.attributes = [(tag.name, *pair) for tag in every for pair in tag.attrs.items()]
        self.images = self.soup.find_all("img")
        self.headings = [heading.text for heading in self.soup.find_all("h2")]
        self.words = self.soup.main.text
        self.tables = {
            table.caption.text: [[cell.text for cell in row(["td", "th"])] for row in table("tr")]
            for table in self.soup.select("table:has(caption)")
        }

    def alt(self, part):
        """Returns the description of the only image whose description holds these words."""
        return self._image(part)["alt"]

    def image_bytes(self, part):
        """Returns the bytes of that image."""
        return base64.b64decode(self._image(part)["src"].partition("base64,")[2], validate=True)

    def _image(self, part):
        (image,) = (image for image in self.images if part in image["alt"])
        return image
