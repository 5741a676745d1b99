"""PNG: every chunk with its checksum, as many dots as announced, nothing behind the end."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from app.services.papers.decoding import opened_picture
from app.services.papers.problems import PaperProblem, PaperRefusal
from app.services.papers.shape import Shape, check_dimensions

SIGNATURE_LENGTH = 8
INFLATE_STEP = 1024 * 1024

_CHUNK_HEAD = struct.Struct(">I4s")
_CHECKSUM = struct.Struct(">I")
_HEADER = struct.Struct(">IIBBBBB")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = frozenset({1, 2, 4, 8, 16})
# The passes of Adam7: first column and row, step across and down.
_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PADDING = b"\x00\r\n\t "


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    color: int
    compression: int
    filtering: int
    interlaced: int

    @property
    def unpacked_size(self) -> int:
        """How many bytes the dots unpack to: each line with its filter byte."""
        bits = self.depth * _CHANNELS[self.color]
        total = 0
        for left, top, across, down in _ADAM7 if self.interlaced else _WHOLE:
            columns = -(-(self.width - left) // across)
            rows = -(-(self.height - top) // down)
            if columns > 0 and rows > 0:
                total += rows * (1 + -(-columns * bits // 8))
        return total


def inspect_png(content: bytes) -> Shape:
    """Return the dimensions of a whole PNG picture, or refuse it."""
    try:
        dimensions = _walk(content)
    except (struct.error, zlib.error) as error:
        raise PaperRefusal(PaperProblem.DAMAGED) from error
    with opened_picture(content, "PNG") as picture:
        picture.verify()
    return Shape(dimensions=dimensions)


def _walk(content: bytes) -> tuple[int, int]:
    header: _Header | None = None
    inflated: _Inflation | None = None
    for name, data in _chunks(content):
        if header is None:
            header = _read_header(name, data)
            inflated = _Inflation(header.unpacked_size)
        elif name == b"acTL":
            raise PaperRefusal(PaperProblem.ANIMATED)
        elif name == b"IDAT" and inflated is not None:
            inflated.feed(data)
    if header is None or inflated is None:
        raise PaperRefusal(PaperProblem.DAMAGED)
    inflated.finish()
    return header.width, header.height


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield each chunk up to the end chunk; a wrong checksum or a cut is damage."""
    view, position = memoryview(content), SIGNATURE_LENGTH
    name = b""
    while name != b"IEND":
        length, name = _CHUNK_HEAD.unpack_from(content, position)
        start = position + _CHUNK_HEAD.size
        data = view[start : start + length]
        (checksum,) = _CHECKSUM.unpack_from(content, start + length)
        if zlib.crc32(data, zlib.crc32(name)) != checksum:
            raise PaperRefusal(PaperProblem.DAMAGED)
        yield name, data
        position = start + length + _CHECKSUM.size
    if content[position:].strip(_PADDING):
        raise PaperRefusal(PaperProblem.HIDDEN)


def _read_header(name: bytes, data: memoryview) -> _Header:
    if name != b"IHDR" or len(data) != _HEADER.size:
        raise PaperRefusal(PaperProblem.DAMAGED)
    header = _Header(*_HEADER.unpack(data))
    if header.color not in _CHANNELS or header.depth not in _DEPTHS or header.interlaced > 1:
        raise PaperRefusal(PaperProblem.DAMAGED)
    check_dimensions(header.width, header.height)
    return header


class _Inflation:
    """Unpacks the dots piece by piece, keeps none, and stops at the announced size."""

    def __init__(self, announced: int) -> None:
        self._announced = announced
        self._seen = 0
        self._stream = zlib.decompressobj()

    def feed(self, data: memoryview) -> None:
        pending: bytes | memoryview = data
        while pending:
            if self._stream.eof:
                raise PaperRefusal(PaperProblem.HIDDEN)
            self._seen += len(self._stream.decompress(pending, INFLATE_STEP))
            if self._seen > self._announced:
                raise PaperRefusal(PaperProblem.TOO_COMPLEX)
            pending = self._stream.unconsumed_tail or self._stream.unused_data

    def finish(self) -> None:
        self._seen += len(self._stream.flush())
        if self._seen != self._announced or not self._stream.eof:
            raise PaperRefusal(PaperProblem.DAMAGED)
