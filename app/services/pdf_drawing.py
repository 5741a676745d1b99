"""Draws pages of a PDF in a process of its own that may take so much time and memory and no more.

Run by its path and never imported: it loads nothing of the application. The file comes by standard
input; for each page leave its width and height (0, 0 for one that cannot be drawn) and its dots,
three bytes each. A page that takes too long ends the process, and whoever asked goes on behind it.
"""

import math
import resource
import struct
import sys
from typing import BinaryIO

import pypdfium2
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

POINTS = 72
READING_DPI = 150
DEPTH = 8
SIZE = struct.Struct("<II")
MEMORY = 1536 * 1024 * 1024
PAGE_SECONDS = 4
FILE_SECONDS = 30
"""Of computing time, and one more for each page: a scanned page takes a tenth of that."""


def main() -> None:
    """Draw the pages from the first one named to the last, each in at most so many dots."""
    first, pages, most_dots, most_unpacked = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    for page in range(first, pages):
        _allow(FILE_SECONDS + pages)
        _send(sys.stdout.buffer, _drawn(document, page, most_dots, most_unpacked))


def _allow(whole: int) -> None:
    """Let the next page take its time, within what the file may take."""
    used = math.ceil(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    resource.setrlimit(resource.RLIMIT_CPU, (min(used + PAGE_SECONDS, whole), whole))


def _drawn(
    document: pypdfium2.PdfDocument, page: int, most_dots: int, most_unpacked: int
) -> tuple[int, int, bytes]:
    try:
        found = document[page]
        if _has_huge_picture(found, most_unpacked):
            return 0, 0, b""
        width, height = found.get_size()
        dots = width * height / POINTS**2
        dpi = min(READING_DPI, (most_dots / max(dots, 1)) ** 0.5)
        picture = found.render(scale=dpi / POINTS).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, ValueError, OverflowError, MemoryError):
        return 0, 0, b""
    return picture.width, picture.height, picture.tobytes()


def _has_huge_picture(page: pypdfium2.PdfPage, most: int) -> bool:
    drawn = page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=DEPTH)
    return any(math.prod(picture.get_px_size()) > most for picture in drawn)


def _send(target: BinaryIO, page: tuple[int, int, bytes]) -> None:
    width, height, dots = page
    target.write(SIZE.pack(width, height))
    target.write(dots)
    target.flush()


if __name__ == "__main__":
    main()
