"""Pages of a scanned file as pictures, and the codes on them: bounded, one at a time (A3).

A page is drawn in at most `MOST_DOTS` dots whatever size it claims; a picture inside a PDF that
would unpack to more than a paper needs is not unpacked. The libraries are loaded with the first
scan.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from app.services.papers.decoding import opened_picture
from app.services.papers.shape import MAX_MEGAPIXELS, MEGAPIXEL
from app.services.pdf_pages import extract, opened_pdf

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfPage

PDF = "application/pdf"
KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
POINTS = 72
READING_DPI = 150
MOST_DOTS = 8 * MEGAPIXEL
MOST_UNPACKED = MAX_MEGAPIXELS * MEGAPIXEL
DEPTH = 8
PICTURE_SIDE = 1600
PICTURE_QUALITY = 72
INK = 160
"""Darker than this of 255 is ink, and not paper or its shadow."""
BLANK = 0.0004
"""A page with less ink than this share of its dots is a blank back."""


class UnreadablePageError(Exception):
    """A page that cannot be drawn within the bounds."""


def drawn_pages(content: bytes, content_type: str, pages: int) -> Iterator["Image | None"]:
    """Yield each page as a picture of at most `MOST_DOTS`; None for one that cannot be drawn.

    `content` has been accepted by `inspect_upload`.
    """
    for page in range(pages):
        try:
            yield draw_page(content, content_type, page)
        except UnreadablePageError:
            yield None


def draw_page(content: bytes, content_type: str, page: int) -> "Image":
    """Return one page (counted from 0) as a picture; UnreadablePageError."""
    if content_type == PDF:
        return _draw_pdf(content, page)
    return _draw_picture(content, KINDS[content_type], page)


def _draw_pdf(content: bytes, page: int) -> "Image":
    from pypdfium2 import PdfiumError

    try:
        with opened_pdf(content) as document:
            found = document[page]
            _refuse_huge_pictures(found)
            width, height = found.get_size()
            dots = width * height / POINTS**2
            dpi = min(READING_DPI, (MOST_DOTS / max(dots, 1)) ** 0.5)
            picture: Image = found.render(scale=dpi / POINTS).to_pil().convert("RGB")
    except (PdfiumError, ValueError, OverflowError, MemoryError) as error:
        raise UnreadablePageError from error
    return picture


def _refuse_huge_pictures(page: "PdfPage") -> None:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    for drawn in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=DEPTH):
        width, height = drawn.get_px_size()
        if width * height > MOST_UNPACKED:
            raise UnreadablePageError


def _draw_picture(content: bytes, kind: str, page: int) -> "Image":
    from PIL import ImageOps

    with opened_picture(content, kind) as picture:
        if kind == "TIFF":
            picture.seek(page)
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    share = (MOST_DOTS / (upright.width * upright.height)) ** 0.5
    if share < 1:
        upright.thumbnail((int(upright.width * share), int(upright.height * share)))
    return upright


def codes_on(picture: "Image") -> list[str]:
    """Return what the QR codes on a page say, however it lies; a noisy page is smoothed once."""
    from PIL import ImageFilter
    from PIL.Image import Resampling
    from zxingcpp import BarcodeFormat, BarcodeFormats, read_barcodes

    grey = picture.convert("L")
    for smoothed in (False, True):
        if smoothed:
            share = min(2.0, (2 * MOST_DOTS / (grey.width * grey.height)) ** 0.5)
            large = (int(grey.width * share), int(grey.height * share))
            grey = grey.resize(large, Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(1.5))
        wanted = BarcodeFormats(BarcodeFormat.QRCode)
        found = sorted({code.text for code in read_barcodes(grey, formats=wanted)})
        if found:
            return found
    return []


def is_blank(picture: "Image") -> bool:
    """Whether nothing is written on a page."""
    counts = picture.convert("L").histogram()
    return sum(counts[:INK]) < BLANK * sum(counts)


def small_picture(picture: "Image") -> bytes:
    """Return a page as it is shown to whoever files it by hand: JPEG."""
    shown = picture.copy()
    shown.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    made = BytesIO()
    shown.save(made, "JPEG", quality=PICTURE_QUALITY)
    return made.getvalue()


def extract_pages(content: bytes, content_type: str, pages: Sequence[int]) -> bytes:
    """Return these pages (counted from 0) of a file as a file of the same kind."""
    if content_type == PDF:
        return extract(content, pages)
    with opened_picture(content, KINDS[content_type]) as picture:
        frames = []
        for page in pages:
            picture.seek(page)
            frames.append(picture.copy())
        made = BytesIO()
        frames[0].save(
            made,
            KINDS[content_type],
            save_all=True,
            append_images=frames[1:],
            compression="tiff_deflate",
        )
    return made.getvalue()
