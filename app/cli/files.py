"""Files that commands write: standard output, or a file that its owner alone reads."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from flask import current_app

from app.errors import BadRequest
from app.i18n import N_
from app.services.file_store import FileStore
from config import Settings

OWNER_ONLY = 0o600

to_option = click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; else standard output.",
)


@contextmanager
def destination(path: Path | None) -> Iterator[BinaryIO]:
    """Give standard output, or a file that only its owner reads and that is there whole or not."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = path.with_name(path.name + ".part")
    handle = opened(unfinished, os.O_TRUNC)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def opened(path: Path, how: int) -> int:
    """Return a handle on a file for its owner alone; BadRequest where it cannot be written."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | how, OWNER_ONLY)
    except OSError as error:
        words = N_("The file %(name)s cannot be written.")
        raise BadRequest(words, code="no_file", name=str(path)) from error


def settings() -> Settings:
    """Return the settings of this installation."""
    found: Settings = current_app.config["KEYDESK"]
    return found


def store() -> FileStore:
    """Return where papers are kept."""
    return FileStore(settings().files_dir)
