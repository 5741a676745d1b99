"""A printed PDF as a reader finds it: text, geometry, type, codes."""

from io import BytesIO

import pypdfium2
from PIL import Image
from pypdf import PdfReader

from app.services.form_codes import FormCode, read_code

A4_ACROSS = (842, 595)
"""Width and height in points."""


class Paper:
    """One PDF."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.document = pypdfium2.PdfDocument(content)

    @property
    def pages(self) -> int:
        return len(self.document)

    def text(self, page: int) -> str:
        """What a reader can mark and copy, without the breaks of lines."""
        said: str = self.document[page].get_textpage().get_text_range()
        return said.replace("\r", "").replace("\n", "")

    def in_order(self, page: int, words: list[str]) -> bool:
        """Whether these words stand on the page one after the other."""
        said, place = self.text(page).replace(" ", ""), 0
        for word in words:
            found = said.find(word.replace(" ", ""), place)
            assert found >= 0, (word, said[place:])
            place = found + len(word.replace(" ", ""))
        return True

    def sizes(self) -> list[tuple[int, int]]:
        return [(round(page.get_width()), round(page.get_height())) for page in self.document]

    def fonts(self) -> dict[str, bool]:
        """Which types are used, and whether each is embedded."""
        found = {}
        for page in PdfReader(BytesIO(self.content)).pages:
            for font in page["/Resources"]["/Font"].values():
                face = font.get_object()
                if "/DescendantFonts" in face:
                    face = face["/DescendantFonts"][0].get_object()
                described = face["/FontDescriptor"]
                embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)
                found[face["/BaseFont"]] = bool(embedded)
        return found

    def numbered(self, page: int) -> list[int]:
        """The numbers of the lines, by their place at the left edge, from the top."""
        read = self.document[page].get_textpage()
        found = []
        for index in range(read.count_rects()):
            left, bottom, right, top = read.get_rect(index)
            said = read.get_text_bounded(left, bottom, right, top).strip()
            if said.isdigit() and left < 80:
                found.append((top, int(said)))
        return [number for _top, number in sorted(found, reverse=True)]

    def picture(self, page: int, dpi: int = 150):
        """The page as a scanner would see it."""
        return self.document[page].render(scale=dpi / 72).to_pil()

    def marks(self) -> list[str]:
        """What stands in the one QR code of each page."""
        import zxingcpp

        found = []
        for page in range(self.pages):
            (code,) = zxingcpp.read_barcodes(self.picture(page))
            found.append(code.text)
        return found

    def codes(self) -> list[FormCode | None]:
        """What the codes mean to the office that printed them."""
        return [read_code(text) for text in self.marks()]


def png() -> bytes:
    """A small white picture."""
    picture = BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "PNG")
    return picture.getvalue()
