"""PDF: read strictly, every object looked at, nothing unpacked beyond a bound, nothing active.

The file's bytes and the time are counted, so that broken cross references cannot make the reader
search the file again and again. Only cross references and object streams are unpacked, within a
bound for each and for all; pages, pictures and fonts never are.
"""

import re
import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from app.services.papers.problems import PaperProblem, PaperRefusal
from app.services.papers.shape import MAX_PAGES, Shape

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject

MIB = 1024 * 1024
MAX_OBJECTS = 100_000
MAX_STREAM = 2 * MIB
MAX_STREAMS_TOGETHER = 16 * MIB
MAX_NODES_IN_OBJECT = 200_000
MAX_SECONDS = 6.0  # of this thread's computing time: a busy machine refuses nothing
READ_ALLOWANCE = 16 * MIB
READ_FACTOR = 8

_END = b"%%EOF"
_PADDING = b"\x00\t\n\x0c\r "
# Names as they stand in the file, also in revisions that the last one hides.
_ACTIVE_IN_FILE = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
_ACTIVE_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EF", "/EmbeddedFiles", "/XFA", "/RichMediaContent"}
)
_ACTIVE_ACTIONS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/GoToE",
        "/GoToR",
        "/SubmitForm",
        "/ImportData",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/RichMediaExecute",
    }
)
_ACTIVE_KINDS = frozenset({"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Movie", "/Screen"})
_ACTIVE_NAMES = _ACTIVE_ACTIONS | _ACTIVE_KINDS  # a name can also be an object of its own
_ACTIVE_BY_KEY = {"/S": _ACTIVE_ACTIONS, "/Type": _ACTIVE_KINDS, "/Subtype": _ACTIVE_KINDS}


class _Metered(BytesIO):
    """The file in memory; reading more of it or longer than any honest PDF needs is refused."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = READ_ALLOWANCE + READ_FACTOR * len(content)
        self._deadline = time.thread_time() + MAX_SECONDS

    @property
    def is_spent(self) -> bool:
        """Whether the allowance of bytes or of time is used up."""
        return self._left < 0 or time.thread_time() > self._deadline

    def check(self) -> None:
        """Refuse the file once the allowance is used up."""
        if self.is_spent:
            raise PaperRefusal(PaperProblem.TOO_COMPLEX)

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self._left -= len(chunk) + 1
        self.check()
        return chunk

    def getbuffer(self) -> memoryview:
        view = super().getbuffer()
        self._left -= len(view)
        self.check()
        return view


def inspect_pdf(content: bytes) -> Shape:
    """Return the number of pages of a harmless PDF, or refuse it."""
    end = content.rfind(_END)
    if end < 0:
        raise PaperRefusal(PaperProblem.DAMAGED)
    if content[end + len(_END) :].strip(_PADDING):
        raise PaperRefusal(PaperProblem.HIDDEN)
    if found := _ACTIVE_IN_FILE.search(content):
        raise PaperRefusal(PaperProblem.ACTIVE, name=found[1].decode())
    metered = _Metered(content)
    try:
        return Shape(pages=_read(metered, len(content)))
    except PaperRefusal:
        raise
    except Exception as error:
        # the reader answers hostile bytes with almost any exception
        raise PaperRefusal(_meaning(error, metered, content)) from error


def _meaning(error: Exception, metered: _Metered, content: bytes) -> PaperProblem:
    from pypdf.errors import LimitReachedError

    if metered.is_spent or isinstance(error, LimitReachedError):
        return PaperProblem.TOO_COMPLEX
    return PaperProblem.ENCRYPTED if b"/Encrypt" in content else PaperProblem.DAMAGED


def _read(metered: _Metered, size: int) -> int:
    from pypdf import PdfReader, apply_configuration

    with apply_configuration(
        maximum_declared_stream_length=size,
        array_based_stream_maximum_output_length=MAX_STREAM,
        zlib_maximum_output_length=MAX_STREAM,
        zlib_maximum_recovery_input_length=0,
        lzw_maximum_output_length=MAX_STREAM,
        run_length_maximum_output_length=MAX_STREAM,
        brotli_maximum_output_length=MAX_STREAM,
        stream_filters_maximum_length=2,
        stream_decoding_work_maximum_length=2 * MAX_STREAM,
        page_tree_maximum_entries=10 * MAX_PAGES,
        jbig2dec_binary=None,
    ):
        reader = PdfReader(metered, strict=True, xref_stream_maximum_entries=MAX_OBJECTS)
        if reader.is_encrypted:
            raise PaperRefusal(PaperProblem.ENCRYPTED)
        for found in _objects(reader, metered):
            _refuse_active(found)
        pages = _count_pages(reader)
    metered.check()
    return pages


def _objects(reader: "PdfReader", metered: _Metered) -> Iterator[Any]:
    """Yield the trailer and every object of the file, keeping only one object stream at a time."""
    from pypdf.generic import IndirectObject

    plain = [(number, generation) for generation, row in reader.xref.items() for number in row]
    packed = sorted((stream, number) for number, (stream, _) in reader.xref_objStm.items())
    if len(plain) + len(packed) > MAX_OBJECTS:
        raise PaperRefusal(PaperProblem.TOO_COMPLEX)
    yield reader.trailer
    for number, generation in plain:
        metered.check()
        yield reader.get_object(IndirectObject(number, generation, reader))
        reader.resolved_objects.clear()
    unpacked = 0
    for stream, members in groupby(packed, key=itemgetter(0)):
        metered.check()
        unpacked += len(_object_stream_data(reader, stream))
        if unpacked > MAX_STREAMS_TOGETHER:
            raise PaperRefusal(PaperProblem.TOO_COMPLEX)
        for _, number in members:
            yield reader.get_object(number)
        reader.resolved_objects.clear()


def _object_stream_data(reader: "PdfReader", number: int) -> bytes:
    from pypdf.generic import StreamObject

    stream = reader.get_object(number)
    if not isinstance(stream, StreamObject):
        raise PaperRefusal(PaperProblem.DAMAGED)
    return stream.get_data()


def _refuse_active(found: Any) -> None:
    """Refuse an object that acts when the paper is opened or that carries another file."""
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject

    if isinstance(found, NameObject) and found in _ACTIVE_NAMES:
        raise PaperRefusal(PaperProblem.ACTIVE, name=found.lstrip("/"))
    pending, nodes = [found], 0
    while pending:
        node = pending.pop()
        members: Iterable[Any] = ()
        if isinstance(node, DictionaryObject):
            _refuse_active_entries(node)
            members = node.values()
        elif isinstance(node, ArrayObject):
            members = node
        containers = [m for m in members if isinstance(m, DictionaryObject | ArrayObject)]
        nodes += len(containers)
        if nodes > MAX_NODES_IN_OBJECT:
            raise PaperRefusal(PaperProblem.TOO_COMPLEX)
        pending += containers


def _refuse_active_entries(node: "DictionaryObject") -> None:
    for key, value in node.items():
        if key in _ACTIVE_KEYS:
            raise PaperRefusal(PaperProblem.ACTIVE, name=key.lstrip("/"))
        if isinstance(value, str) and value in _ACTIVE_BY_KEY.get(key, ()):
            raise PaperRefusal(PaperProblem.ACTIVE, name=value.lstrip("/"))


def _count_pages(reader: "PdfReader") -> int:
    from pypdf.generic import DictionaryObject

    tree = reader.root_object["/Pages"]
    if not isinstance(tree, DictionaryObject):
        raise PaperRefusal(PaperProblem.DAMAGED)
    announced = int(tree.get("/Count", 0))
    pages = announced if announced > MAX_PAGES else len(reader.pages)
    if pages > MAX_PAGES:
        raise PaperRefusal(PaperProblem.PAGES, limit=MAX_PAGES)
    if pages < 1:
        raise PaperRefusal(PaperProblem.WITHOUT_PAGES)
    return pages
