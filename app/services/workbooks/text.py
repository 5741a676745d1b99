"""Rows of a CSV file, whichever way a spreadsheet program wrote it."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from app.services.workbooks.limits import Limits
from app.services.workbooks.problems import SheetProblem

CHUNK = 256 * 1024
HEAD = 64 * 1024
ENCODINGS = ("utf-8", "gb18030")
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SEPARATORS = (",", "\t", ";")
TEXT_CONTROLS = {"\t", "\n", "\r", "\x00", "\x1a"}


def csv_rows(file: BinaryIO, limits: Limits) -> Iterator[list[str]]:
    """Yield the cells of each row, the empty rows too; refuse what is no table."""
    encoding = _encoding_of(file)
    text = io.TextIOWrapper(file, encoding=encoding, newline="", errors="strict")
    try:
        separator = _separator_of(text)
        reader = csv.reader(text, delimiter=separator, strict=True)
        number = 0
        while True:
            number += 1
            try:
                row = next(reader, None)
            except csv.Error:
                raise SheetProblem.CSV_SYNTAX.refusal(row=number) from None
            if row is None:
                return
            if number > limits.rows + 1:
                raise SheetProblem.TOO_MANY_ROWS.refusal(limit=limits.rows)
            if len(row) > limits.columns and any(row[limits.columns :]):
                raise SheetProblem.TOO_MANY_COLUMNS.refusal(limit=limits.columns)
            yield row
    finally:
        if not file.closed:
            text.detach()


def _encoding_of(file: BinaryIO) -> str:
    """Return how the file is written: by its mark, else what all of it can be read as."""
    head = file.read(4)
    file.seek(0)
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            _check(file, encoding)
            return encoding
    for encoding in ENCODINGS:
        try:
            _check(file, encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise SheetProblem.ENCODING.refusal()


def _check(file: BinaryIO, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        first = True
        while chunk := file.read(CHUNK):
            text = decoder.decode(chunk)
            if first and any(c < " " and c not in TEXT_CONTROLS for c in text):
                raise SheetProblem.ENCODING.refusal()
            first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if encoding in MARKS.values():
            raise SheetProblem.ENCODING.refusal() from None
        raise
    finally:
        file.seek(0)


def _separator_of(text: io.TextIOWrapper) -> str:
    """Return what most often separates in the first lines; the comma where nothing does."""
    head = text.read(HEAD)
    text.seek(0)
    lines = head.splitlines()[:10]
    return max(SEPARATORS, key=lambda mark: sum(line.count(mark) for line in lines))
