"""How commands speak: tables, refusals in the reader's language, an exit code for failure."""

import functools
import getpass
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import click
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.errors import Conflict, DomainError
from app.extensions import db
from app.i18n import LANGUAGES, _, speaking
from app.security.actor import Actor, acting
from app.services.constraints import error_for
from app.services.operators import operator

F = TypeVar("F", bound=Callable[..., Any])

LANGUAGE_SETTINGS = ("LC_ALL", "LC_MESSAGES", "LANG")


class Refusal(click.ClickException):
    """A refusal as people at a terminal read it: what, and below it where and why."""

    def __init__(self, error: DomainError) -> None:
        """Put the error into the words of the language that is spoken now."""
        super().__init__(str(error))
        self.lines = [
            f"  {d.field}: {d.message}" + (f" ({d.rule})" if d.rule else "") for d in error.details
        ]
        self.basis = " ".join(filter(None, [error.rule, error.article]))

    def show(self, file: Any = None) -> None:
        """Print everything to standard error."""
        basis = f" [{self.basis}]" if self.basis else ""
        click.echo(f"{self.message}{basis}", err=True, file=file)
        for line in self.lines:
            click.echo(line, err=True, file=file)


def terminal_language() -> str | None:
    """Return the language that the terminal is set to, None if it is none of ours."""
    for name in LANGUAGE_SETTINGS:
        value = os.environ.get(name, "")
        if value:
            code = value[:2].lower()
            return code if code in LANGUAGES else None
    return None


def fail_in_words(command: F) -> F:
    """Let `command` speak the terminal's language; refused, it ends with 1 and changes nothing."""

    @functools.wraps(command)
    def spoken(*arguments: Any, **options: Any) -> Any:
        code = terminal_language()
        if code is None:
            return _run(command, *arguments, **options)
        with speaking(code):
            return _run(command, *arguments, **options)

    return spoken  # type: ignore[return-value]


def _run(command: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    try:
        return command(*arguments, **options)
    except DomainError as error:
        db.session.rollback()
        raise Refusal(error) from error
    except IntegrityError as error:
        db.session.rollback()
        raise Refusal(error_for(error) or Conflict()) from error


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody works: the database, who it is, and when."""

    session: Session
    actor: Actor
    now: datetime


as_person = click.option(
    "--as",
    "login",
    metavar="LOGIN",
    envvar="KEYDESK_AS",
    required=True,
    help="Whose account acts: with that person's rights, on record as done at the command line.",
)


@contextmanager
def at_desk(login: str) -> Iterator[Desk]:
    """Let the person with this login name act, in the language that the person reads."""
    session: Session = db.session()
    account, actor = operator(
        session,
        login,
        remote_addr=system_user(),
        requires_key=True,
    )
    with ExitStack() as stack:
        if account.language in LANGUAGES:
            stack.enter_context(speaking(account.language))
        stack.enter_context(acting(session, actor))
        try:
            yield Desk(session, actor, clock.now())
        except DomainError as error:
            session.rollback()
            raise Refusal(error) from error


def system_user() -> str:
    """Return who sits at the machine, as far as the system knows."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"local:{name}"[:45]


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return columns that line up, Chinese characters counted as two; never a control character."""
    lines = [[_cell(cell) for cell in headings], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def nothing_found() -> str:
    """Return what an empty list says."""
    return _("Nothing found.")
