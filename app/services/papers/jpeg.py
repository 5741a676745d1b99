"""JPEG: every segment walked, one picture, nothing foreign behind it."""

import re
from typing import TYPE_CHECKING, NamedTuple, cast

from app.services.papers.decoding import opened_picture
from app.services.papers.problems import PaperProblem, PaperRefusal
from app.services.papers.shape import Shape, check_dimensions

if TYPE_CHECKING:
    from PIL.JpegImagePlugin import JpegImageFile

MAX_SCANS = 64  # a progressive picture has about ten; each costs a pass over the whole picture

_MARKER = 0xFF
_END = 0xD9
_SCAN = 0xDA
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what browsers show
_OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - _FRAMES - {0xC4, 0xC8, 0xCC}
_START_OF_IMAGE = 0xD8
# In a scan, 0xFF is followed by 0x00 or a restart marker; anything else ends the scan.
_SCAN_END = re.compile(rb"\xff(?=[^\x00\xff\xd0-\xd7])")
# Phones put a second picture, a film or notes behind the picture: harmless, unlike these.
_FOREIGN = re.compile(
    rb"%PDF-|<html|<script|<\?php|<!doctype|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x7fELF", re.IGNORECASE
)
_PROGRAM = b"MZ"


class _Segment(NamedTuple):
    marker: int
    start: int
    end: int


def inspect_jpeg(content: bytes) -> Shape:
    """Return the dimensions of a whole JPEG picture, or refuse it."""
    try:
        dimensions, end = _walk(content)
    except IndexError as error:
        raise PaperRefusal(PaperProblem.DAMAGED) from error
    behind = content[end:]
    if _FOREIGN.search(behind) or behind.startswith(_PROGRAM):
        raise PaperRefusal(PaperProblem.HIDDEN)
    with opened_picture(content, "JPEG") as picture:
        # an eighth of the size: the whole file is read, a sixty-fourth of the memory is used
        cast("JpegImageFile", picture).draft(None, (1, 1))
        picture.load()
    return Shape(dimensions=dimensions)


def _walk(content: bytes) -> tuple[tuple[int, int], int]:
    """Return the dimensions and where the picture ends."""
    dimensions: tuple[int, int] | None = None
    position, scans = 2, 0
    while True:
        segment = _segment(content, position)
        position = segment.end
        if segment.marker == _END:
            break
        if segment.marker in _FRAMES:
            if dimensions:
                raise PaperRefusal(PaperProblem.DAMAGED)
            dimensions = _frame_dimensions(content, segment)
        elif segment.marker in _OTHER_FRAMES or segment.marker == _START_OF_IMAGE:
            raise PaperRefusal(PaperProblem.DAMAGED)
        elif segment.marker == _SCAN:
            scans += 1
            if scans > MAX_SCANS:
                raise PaperRefusal(PaperProblem.TOO_COMPLEX)
            position = _scan_end(content, position)
    if dimensions is None or not scans:
        raise PaperRefusal(PaperProblem.DAMAGED)
    return dimensions, position


def _segment(content: bytes, position: int) -> _Segment:
    """Return the segment at `position`; raises IndexError where the file is cut off."""
    if content[position] != _MARKER:
        raise PaperRefusal(PaperProblem.DAMAGED)
    while content[position] == _MARKER:
        position += 1
    marker, start = content[position], position + 1
    if marker == _END or marker in _STANDALONE:
        return _Segment(marker, start, start)
    length = (content[start] << 8) + content[start + 1]
    end = start + length
    if length < 2 or end > len(content):  # noqa: PLR2004 - the length counts its own two bytes
        raise PaperRefusal(PaperProblem.DAMAGED)
    return _Segment(marker, start, end)


def _frame_dimensions(content: bytes, frame: _Segment) -> tuple[int, int]:
    height = (content[frame.start + 3] << 8) + content[frame.start + 4]
    width = (content[frame.start + 5] << 8) + content[frame.start + 6]
    return check_dimensions(width, height)


def _scan_end(content: bytes, position: int) -> int:
    found = _SCAN_END.search(content, position)
    if found is None:
        raise PaperRefusal(PaperProblem.DAMAGED)
    return found.start()
