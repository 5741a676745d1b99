"""Papers on disk, by the hash of what is in them (M5.2, M9).

A file lies at `<root>/ab/cd/<sha256>` and nowhere else: no name that anybody typed becomes part of
a path, equal papers are kept once, and a file that is there is whole, because it is written beside
its place, forced to disk and then moved.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

CHUNK = 1024 * 1024
FILE_MODE = 0o640
FOLDER_MODE = 0o750

_DIGEST = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"


class FileStoreError(RuntimeError):
    """The store is not as it should be, or was asked for something that is no digest."""


class StoredFileMissingError(FileStoreError):
    """No file with this digest is in the store."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """The folder of papers; `root` is made when the first one comes."""

    root: Path

    def store(self, source: bytes | Path) -> str:
        """Keep the content of `source` and return its SHA-256; storing twice keeps one file."""
        incoming = self._folder(self.root / _INCOMING)
        handle, name = tempfile.mkstemp(dir=incoming)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                digest = _copy(source, target)
                os.fchmod(target.fileno(), FILE_MODE)
                target.flush()
                os.fsync(target.fileno())
            place = self._place(digest)
            self._folder(place.parent)
            temporary.replace(place)
            for folder in (place.parent, place.parent.parent, self.root):
                _force_to_disk(folder)
        finally:
            temporary.unlink(missing_ok=True)
        return digest

    def open(self, digest: str) -> BufferedReader:
        """Open the file with this digest for reading; the caller closes it."""
        try:
            handle = os.open(self._place(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            message = f"{digest} is not in the file store"
            raise StoredFileMissingError(message) from error
        return os.fdopen(handle, "rb")

    def has(self, digest: str) -> bool:
        """Whether a file with this digest is kept."""
        return self._place(digest).is_file()

    def is_intact(self, digest: str) -> bool:
        """Whether the kept file still is what its digest says."""
        with self.open(digest) as kept:
            return hashlib.file_digest(kept, "sha256").hexdigest() == digest

    def digests(self) -> Iterator[str]:
        """Yield the digest of every kept file, in order."""
        for place in sorted(self.root.glob("??/??/*")):
            if _DIGEST.fullmatch(place.name):
                yield place.name

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            message = "not a SHA-256 digest in lower-case hex"
            raise FileStoreError(message)
        return self.root / digest[:2] / digest[2:4] / digest

    def _folder(self, folder: Path) -> Path:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return folder


def _copy(source: bytes | Path, target: BinaryIO) -> str:
    """Write the source piece by piece and return the digest of what was written."""
    digest = hashlib.sha256()
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _force_to_disk(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
