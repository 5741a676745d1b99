"""Pages of a scanned file as pictures, and the codes on them: bounded, one at a time (A3).

A page is drawn in at most `MOST_DOTS` dots whatever size it claims; a picture inside a PDF that
would unpack to more than a paper needs is not unpacked. What a page of a PDF draws cannot be told
from outside, so that a process of its own draws it. The libraries are loaded with the first scan.
"""

import math
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.services.papers.decoding import opened_picture
from app.services.papers.shape import MAX_MEGAPIXELS, MEGAPIXEL
from app.services.pdf_pages import extract

if TYPE_CHECKING:
    from PIL.Image import Image

PDF = "application/pdf"
KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
MOST_DOTS = 8 * MEGAPIXEL
MOST_UNPACKED = MAX_MEGAPIXELS * MEGAPIXEL
DRAWER = Path(__file__).with_name("pdf_drawing.py")
SIZE = struct.Struct("<II")
DOT = 3
MOST_ATTEMPTS = 2
"""So often a page may end the process that draws it."""
PICTURE_SIDE = 1600
PICTURE_QUALITY = 72
INK = 160
"""Darker than this of 255 is ink, and not paper or its shadow."""
BLANK = 0.0004
"""A page with less ink than this share of its dots is a blank back."""
_few_at_a_time = threading.BoundedSemaphore(2)


def drawn_pages(content: bytes, content_type: str, pages: int) -> Iterator["Image | None"]:
    """Yield each page as a picture of at most `MOST_DOTS`; None for one that cannot be drawn.

    `content` has been accepted by `inspect_upload`.
    """
    if content_type == PDF:
        yield from _draw_pdf(content, pages)
        return
    for page in range(pages):
        yield _draw_picture(content, KINDS[content_type], page)


def _draw_pdf(content: bytes, pages: int) -> Iterator["Image | None"]:
    """Have the pages drawn; one that ends the process is passed over, a few times."""
    page = 0
    for _attempt in range(MOST_ATTEMPTS):
        with _drawing(content, page, pages) as answers:
            for picture in _pictures(answers):
                yield picture
                page += 1
        if page >= pages:
            return
        yield None
        page += 1
    yield from [None] * (pages - page)


@contextmanager
def _drawing(content: bytes, first: int, pages: int) -> Iterator[IO[bytes]]:
    """Start the process that draws and give what it sends; it ends with the block."""
    asked = [first, pages, MOST_DOTS, MOST_UNPACKED]
    command = [sys.executable, "-I", str(DRAWER), *map(str, asked)]
    with _few_at_a_time, tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        drawer = subprocess.Popen(  # noqa: S603 - our own programme, numbers and a file
            command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with drawer:
            assert drawer.stdout is not None
            try:
                yield drawer.stdout
            finally:
                drawer.kill()


def _pictures(answers: IO[bytes]) -> Iterator["Image | None"]:
    from PIL import Image

    while len(head := answers.read(SIZE.size)) == SIZE.size:
        size = SIZE.unpack(head)
        dots = answers.read(math.prod(size) * DOT)
        if len(dots) < math.prod(size) * DOT:
            return
        yield Image.frombytes("RGB", size, dots) if dots else None


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
