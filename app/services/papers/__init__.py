"""Uploaded papers, judged by what is in them (M5.2, 第五条（二）; A3).

`inspect_upload` reads a stream up to the limit and no further, finds out what the bytes are, and
either describes them or refuses them with words that say how to mend it. Nothing is believed of the
file's name, and nothing in the file can make the inspection unpack or read without end.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from app.errors import Detail, InvalidInput
from app.services.papers.filenames import safe_filename
from app.services.papers.jpeg import inspect_jpeg
from app.services.papers.pdf import inspect_pdf
from app.services.papers.png import inspect_png
from app.services.papers.problems import PaperProblem, PaperRefusal
from app.services.papers.shape import Shape
from app.services.papers.tiff import inspect_tiff

__all__ = ["MAX_BYTES", "InspectedFile", "PaperProblem", "inspect_upload"]

MIB = 1024 * 1024
MAX_BYTES = 20 * MIB
CHUNK = 64 * 1024

_PDF_START = b"%PDF-"
_PDF_SEARCHED = 1024  # readers look for a PDF's first line this far into a file
_FORMATS = {
    _PDF_START: ("application/pdf", inspect_pdf),
    b"\xff\xd8\xff": ("image/jpeg", inspect_jpeg),
    b"\x89PNG\r\n\x1a\n": ("image/png", inspect_png),
    b"II*\x00": ("image/tiff", inspect_tiff),
    b"MM\x00*": ("image/tiff", inspect_tiff),
}
_ZIP_END = b"PK\x05\x06"
_ZIP_END_LENGTH = 22
_ZIP_COMMENT_MAX = 0xFFFF


class Readable(Protocol):
    """What can be read in pieces; its length need not be known."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """An accepted file: what it is, and the very bytes that were looked at, to be stored.

    `pages` is known of PDF and TIFF, `dimensions` (dots across and down, of the first page) of
    pictures. `filename` is the given one made safe, with the ending that fits the content.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    pages: int | None
    dimensions: tuple[int, int] | None
    content: bytes = field(repr=False, compare=False)


def inspect_upload(
    stream: Readable,
    filename: str | None,
    *,
    max_bytes: int = MAX_BYTES,
    field: str = "file",
    rule: str = "M5.2",
) -> InspectedFile:
    """Return what `stream` holds, or raise `InvalidInput` naming `field`, code and `rule`.

    PDF, JPEG, PNG and TIFF pass, by content (M5.2; A3 for the stamped form that is scanned in). At
    most `max_bytes` + 1 bytes are read.
    """
    try:
        content = _read(stream, max_bytes)
        content_type, shape = _inspect(content)
    except PaperRefusal as refusal:
        problem = refusal.problem
        detail = Detail(field, problem.code, problem.msgid, refusal.params, rule)
        raise InvalidInput(rule=rule, details=[detail]) from refusal
    return InspectedFile(
        filename=safe_filename(filename or "", content_type),
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        pages=shape.pages,
        dimensions=shape.dimensions,
        content=content,
    )


def _read(stream: Readable, max_bytes: int) -> bytes:
    content = bytearray()
    while len(content) <= max_bytes:
        chunk = stream.read(min(CHUNK, max_bytes + 1 - len(content)))
        if not chunk:
            break
        content += chunk
    if not content:
        raise PaperRefusal(PaperProblem.EMPTY)
    if len(content) > max_bytes:
        raise PaperRefusal(PaperProblem.TOO_LARGE, limit=max_bytes // MIB)
    return bytes(content)


def _inspect(content: bytes) -> tuple[str, Shape]:
    for start, (content_type, inspect) in _FORMATS.items():
        if content.startswith(start):
            _refuse_second_format(content, start)
            return content_type, inspect(content)
    raise PaperRefusal(PaperProblem.TYPE)


def _refuse_second_format(content: bytes, start: bytes) -> None:
    """Refuse a file that a PDF reader or an unpacker would take for one of its own."""
    if start != _PDF_START and _PDF_START in content[:_PDF_SEARCHED]:
        raise PaperRefusal(PaperProblem.HIDDEN)
    position = content.rfind(_ZIP_END, -_ZIP_END_LENGTH - _ZIP_COMMENT_MAX)
    if position >= 0:
        comment = int.from_bytes(content[position + 20 : position + _ZIP_END_LENGTH], "little")
        if position + _ZIP_END_LENGTH + comment == len(content):
            raise PaperRefusal(PaperProblem.HIDDEN)
