"""What is inside an .xlsx, looked at before anything opens it (X6).

Nothing of its directory is believed: every part is unpacked once, counted, and thrown away. What is
dangerous by its mere presence (macros, external links, embedded objects) is found by name and by
declared type; what would make a reader take too much memory (cells far apart, one long text shown
by a million cells) is found by counting.
"""

import copy
import re
import zipfile
import zlib
from typing import IO, BinaryIO

from app.services.workbooks.limits import Limits
from app.services.workbooks.problems import SheetProblem

CHUNK = 256 * 1024
MAX_PARTS = 2000
CONTENT_TYPES = "[Content_Types].xml"
ENCRYPTED = 0x1

_MACROS = re.compile(r"(^|/)(vbaproject|vbadata|macrosheets|dialogsheets)", re.IGNORECASE)
_EXTERNAL = re.compile(r"(^|/)(externallinks/|connections\.xml|querytables/)", re.IGNORECASE)
_ACTIVE = re.compile(r"(^|/)(embeddings|activex|ctrlprops)/", re.IGNORECASE)
_MACRO_TYPES = re.compile(rb"macroenabled|vbaproject|ms-office\.vba", re.IGNORECASE)
_SHEET = re.compile(r"(^|/)worksheets/[^/]+\.xml$", re.IGNORECASE)
_STRINGS = re.compile(r"(^|/)sharedstrings\.xml$", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*["\']([A-Za-z]{1,4})([0-9]{1,8})["\']')
_BARE_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\s(?:[^<>]*?\s)?r\s*=\s*["\']([0-9]{1,8})["\']')
_STRING_END = re.compile(rb"</(?:\w+:)?si>")
_TAIL = 512
"""So much of a chunk is looked at again with the next: no tag that counts is longer."""


def inspect_package(file: BinaryIO, limits: Limits) -> None:
    """Refuse a workbook that is dangerous, damaged or larger than `limits` once unpacked."""
    try:
        with zipfile.ZipFile(file) as package:
            _inspect(package, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise SheetProblem.DAMAGED.refusal() from None
    finally:
        file.seek(0)


def _inspect(package: zipfile.ZipFile, limits: Limits) -> None:
    parts = package.infolist()
    if len(parts) > MAX_PARTS:
        raise SheetProblem.TOO_COMPLEX.refusal()
    names = [part.filename.replace("\\", "/") for part in parts]
    for pattern, problem in (
        (_MACROS, SheetProblem.MACROS),
        (_EXTERNAL, SheetProblem.EXTERNAL),
        (_ACTIVE, SheetProblem.ACTIVE),
    ):
        if any(pattern.search(name) for name in names):
            raise problem.refusal()
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise SheetProblem.ENCRYPTED.refusal()
    if CONTENT_TYPES not in names or not any(_SHEET.search(name) for name in names):
        raise SheetProblem.DAMAGED.refusal()
    left = limits.unpacked
    cells, longest = 0, 0
    for part, name in zip(parts, names, strict=True):
        measure = _measure_of(name, limits)
        left -= _unpack(package, part, left, measure)
        if isinstance(measure, _Sheet):
            cells += measure.cells
        elif isinstance(measure, _Strings):
            longest = max(longest, measure.longest)
    if cells * longest > limits.unpacked:
        raise SheetProblem.TOO_COMPLEX.refusal()


def _unpack(package: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, measure: "_Measure") -> int:
    """Unpack one part to its real end, not to the one that the directory states."""
    whole = copy.copy(part)
    whole.file_size = left + 2 * CHUNK
    taken = 0
    opened: IO[bytes]
    with package.open(whole) as opened:
        while chunk := opened.read(CHUNK):
            taken += len(chunk)
            if taken > left:
                raise SheetProblem.TOO_COMPLEX.refusal()
            measure.take(chunk)
    if taken != part.file_size:
        raise SheetProblem.DAMAGED.refusal()
    measure.take(b"", last=True)
    return taken


class _Measure:
    """Looks at the bytes of a part as they pass."""

    def __init__(self) -> None:
        self.tail = b""

    def take(self, chunk: bytes, *, last: bool = False) -> None:
        """Look at `chunk` together with what the one before left open."""
        data = self.tail + chunk
        cut = len(data) if last else max(data.rfind(b"<", max(len(data) - _TAIL, 0)), 0)
        self.tail = data[cut:]
        self.look(data[:cut])

    def look(self, data: bytes) -> None:
        """Look at whole tags."""
        if _DOCTYPE.search(data):
            raise SheetProblem.DAMAGED.refusal()


class _Types(_Measure):
    def look(self, data: bytes) -> None:
        super().look(data)
        if _MACRO_TYPES.search(data):
            raise SheetProblem.MACROS.refusal()


class _Sheet(_Measure):
    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.rows = self.cells = 0

    def look(self, data: bytes) -> None:
        super().look(data)
        self.rows += len(_ROW.findall(data))
        self.cells += len(_BARE_CELL.findall(data))
        last = max((int(n) for n in _ROW_NUMBER.findall(data)), default=0)
        places = set(_CELL.findall(data))
        last = max(last, max((int(row) for _letters, row in places), default=0))
        if max(last, self.rows) > self.limits.rows + 1:
            raise SheetProblem.TOO_MANY_ROWS.refusal(limit=self.limits.rows)
        if any(column_number(c.decode()) > self.limits.columns for c in {c for c, _ in places}):
            raise SheetProblem.TOO_MANY_COLUMNS.refusal(limit=self.limits.columns)


class _Strings(_Measure):
    def __init__(self) -> None:
        super().__init__()
        self.longest = self.open = 0

    def look(self, data: bytes) -> None:
        super().look(data)
        first, *others = _STRING_END.split(data)
        self.open += len(first)
        self.longest = max(self.longest, self.open)
        if others:
            self.longest = max(self.longest, *(len(text) for text in others))
            self.open = len(others[-1])


def _measure_of(name: str, limits: Limits) -> _Measure:
    if _SHEET.search(name):
        return _Sheet(limits)
    if _STRINGS.search(name):
        return _Strings()
    return _Types() if name == CONTENT_TYPES else _Measure()


def column_number(letters: str) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """Return A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
