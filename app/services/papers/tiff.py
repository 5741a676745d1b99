"""TIFF: the chain of pages walked with bounds of our own before any library sees it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from app.services.papers.decoding import opened_picture
from app.services.papers.problems import PaperProblem, PaperRefusal
from app.services.papers.shape import MAX_PAGES, Shape, check_dimensions

MAX_ENTRIES = 256

_WIDTH, _HEIGHT = 256, 257
_STRIPS = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I"}
_ENTRY_SIZE = 12
_INLINE = 4


class _Entry(NamedTuple):
    kind: int
    length: int
    start: int


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads numbers in the file's byte order; struct.error where they lie outside of it."""

    content: bytes
    order: str

    def integers(self, code: str, position: int, count: int = 1) -> tuple[int, ...]:
        return struct.unpack_from(f"{self.order}{count}{code}", self.content, position)

    def directory(self, position: int) -> tuple[dict[int, _Entry], int]:
        """Return the entries of the directory at `position` and where the next one is."""
        (count,) = self.integers("H", position)
        if count > MAX_ENTRIES:
            raise PaperRefusal(PaperProblem.TOO_COMPLEX)
        entries, weight = {}, 0
        for start in range(position + 2, position + 2 + count * _ENTRY_SIZE, _ENTRY_SIZE):
            tag, kind = self.integers("H", start, 2)
            (number,) = self.integers("I", start + 4)
            size = _TYPE_SIZES.get(kind, 1) * number
            where = start + 8 if size <= _INLINE else self.integers("I", start + 8)[0]
            weight += size
            if where + size > len(self.content) or weight > len(self.content):
                raise PaperRefusal(PaperProblem.DAMAGED)
            entries[tag] = _Entry(kind, number, where)
        (following,) = self.integers("I", position + 2 + count * _ENTRY_SIZE)
        return entries, following

    def values(self, entry: _Entry | None) -> tuple[int, ...]:
        """Return an entry's whole numbers, none if it is missing or of another type."""
        if entry is None or entry.kind not in _INTEGERS:
            return ()
        return self.integers(_INTEGERS[entry.kind], entry.start, entry.length)


def inspect_tiff(content: bytes) -> Shape:
    """Return pages and dimensions of a whole TIFF file, or refuse it."""
    reader = _Reader(content, "<" if content.startswith(b"II") else ">")
    try:
        pages = [_check_page(reader, entries) for entries in _directories(reader)]
    except struct.error as error:
        raise PaperRefusal(PaperProblem.DAMAGED) from error
    if not pages:
        raise PaperRefusal(PaperProblem.WITHOUT_PAGES)
    with opened_picture(content, "TIFF") as picture:
        for number in reversed(range(len(pages))):
            picture.seek(number)
        picture.load()
    return Shape(pages=len(pages), dimensions=pages[0])


def _directories(reader: _Reader) -> Iterator[dict[int, _Entry]]:
    """Yield each page's directory; a chain that comes back on itself is damage."""
    (position,) = reader.integers("I", 4)
    visited: set[int] = set()
    while position:
        if position in visited:
            raise PaperRefusal(PaperProblem.DAMAGED)
        if len(visited) == MAX_PAGES:
            raise PaperRefusal(PaperProblem.PAGES, limit=MAX_PAGES)
        visited.add(position)
        entries, position = reader.directory(position)
        yield entries


def _check_page(reader: _Reader, entries: dict[int, _Entry]) -> tuple[int, int]:
    """Return a page's dimensions if its dots lie within the file."""
    width, height = (reader.values(entries.get(tag)) for tag in (_WIDTH, _HEIGHT))
    if len(width) != 1 or len(height) != 1:
        raise PaperRefusal(PaperProblem.DAMAGED)
    for offsets_tag, counts_tag in _STRIPS:
        offsets = reader.values(entries.get(offsets_tag))
        counts = reader.values(entries.get(counts_tag))
        if offsets and len(offsets) == len(counts) and any(counts):
            parts = zip(offsets, counts, strict=True)
            if all(start + length <= len(reader.content) for start, length in parts):
                return check_dimensions(width[0], height[0])
    raise PaperRefusal(PaperProblem.DAMAGED)
