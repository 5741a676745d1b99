"""Pages of PDF files: taken out, put together; the library serves one thread at a time."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_one_at_a_time = threading.Lock()


@contextmanager
def opened_pdf(content: bytes) -> Iterator["PdfDocument"]:
    """Open a PDF for the block, while no other thread has one open."""
    import pypdfium2

    with _one_at_a_time:
        document = pypdfium2.PdfDocument(content)
        try:
            yield document
        finally:
            document.close()


def extract(content: bytes, pages: Sequence[int]) -> bytes:
    """Return these pages (counted from 0) of a PDF as a PDF."""
    import pypdfium2

    with opened_pdf(content) as document:
        part = pypdfium2.PdfDocument.new()
        try:
            part.import_pages(document, list(pages))
            made = BytesIO()
            part.save(made)
        finally:
            part.close()
    return made.getvalue()


def join(parts: Iterable[Path], target: Path) -> None:
    """Write the pages of these PDF files, one after the other, to `target`."""
    import pypdfium2

    with _one_at_a_time:
        whole = pypdfium2.PdfDocument.new()
        try:
            for part in parts:
                document = pypdfium2.PdfDocument(part)
                whole.import_pages(document)
                document.close()
            whole.save(target)
        finally:
            whole.close()
