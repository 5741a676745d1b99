"""`flask scans …`: stamped paper sent in, filed by its codes or by hand (M9, A3)."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.permissions import Permission
from app.cli.files import settings, store
from app.cli.lists import list_command, value_text
from app.cli.terminal import Desk, as_person, at_desk, fail_in_words, table
from app.errors import Detail, InvalidInput
from app.i18n import N_, _
from app.models.scans import Scan
from app.security.authorise import require
from app.services import scans
from app.services.commits import committing
from app.services.papers.shape import MAX_PAGES
from app.services.scan_filing import RULE

group = AppGroup("scans", help="Stamped forms that come back.")
group.add_command(list_command("scans"))

MIB = 1024 * 1024
PAGES = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")

_scan = click.argument("identity", metavar="SCAN", type=int)
_pages = click.option("--pages", required=True, help="Which pages: 3, or 1-4, or 1,3,5.")


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("add")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@as_person
@fail_in_words
def add(paths: tuple[Path, ...], login: str) -> None:
    """Send scanned files in; each files itself by its codes, the rest waits in the tray."""
    with at_desk(login) as desk:
        for path in paths:
            with _recorded(desk, "scan:received"), path.open("rb") as stream:
                scan = scans.receive_scan(
                    desk.session,
                    stream=stream,
                    filename=path.name,
                    store=store(),
                    actor=desk.actor,
                    now=desk.now,
                    max_bytes=settings().max_upload_mb * MIB,
                )
            run = scans.read_or_ask(
                desk.session, [scan], store=store(), actor=desk.actor, now=desk.now
            )
            desk.session.commit()
            if run is not None:
                click.echo(f"{scan.id}  {path.name}: {run}")
            else:
                _show(desk, scan.id)


@group.command("show")
@_scan
@as_person
@fail_in_words
def show(identity: int, login: str) -> None:
    """Say what became of each page of a scan."""
    with at_desk(login) as desk:
        require(desk.actor, Permission.SCANS_LIST)
        _show(desk, identity)


@group.command("file")
@_scan
@_pages
@click.option("--form", "number", required=True, metavar="NUMBER", help="The form they belong to.")
@as_person
@fail_in_words
def file(identity: int, login: str, *, pages: str, number: str) -> None:
    """File waiting pages, together, as the stamped form of an application."""
    with at_desk(login) as desk:
        scan = scans.load_scan(desk.session, identity)
        with _recorded(desk, "scan:filed", scan):
            scans.file_by_hand(
                desk.session,
                scan,
                _numbers(pages),
                number,
                store=store(),
                actor=desk.actor,
                now=desk.now,
            )
        _show(desk, identity)


@group.command("discard")
@_scan
@_pages
@click.option("--reason", default="", help="Why; goes on record.")
@as_person
@fail_in_words
def discard(identity: int, login: str, *, pages: str, reason: str) -> None:
    """Take waiting pages out of the tray for a reason; the file stays."""
    with at_desk(login) as desk:
        scan = scans.load_scan(desk.session, identity)
        with _recorded(desk, "scan:discarded", scan):
            scans.discard(
                desk.session, scan, _numbers(pages), reason, actor=desk.actor, now=desk.now
            )
        _show(desk, identity)


def _recorded(desk: Desk, tag: str, scan: Scan | None = None) -> AbstractContextManager[None]:
    return committing(
        desk.session,
        tag=tag,
        actor=desk.actor,
        now=desk.now,
        subject_type="scan",
        subject_id=scan.id if scan else None,
        subject_label=str(scan) if scan else "",
        organization_id=desk.actor.organization_id,
    )


def _numbers(text: str) -> list[int]:
    """Return the pages that `1-4,7` names."""
    return sorted({page for part in text.split(",") for page in _range(part.strip())})


def _range(part: str) -> Iterator[int]:
    found = PAGES.fullmatch(part)
    first, last = (int(it or found[1]) for it in found.groups()) if found else (0, 0)
    if not 1 <= first <= last <= MAX_PAGES:
        words = N_("Pages are written like 3, 1-4 or 1,3,5, up to %(limit)s.")
        detail = Detail("pages", "bad_pages", words, {"limit": MAX_PAGES}, RULE)
        raise InvalidInput(rule=RULE, details=[detail])
    yield from range(first, last + 1)


def _show(desk: Desk, identity: int) -> None:
    scan = scans.load_scan(desk.session, identity)
    click.echo(
        _(
            "%(id)s  %(name)s: %(filed)s filed, %(waiting)s waiting",
            id=scan.id,
            name=scan.filename,
            filed=scan.filed,
            waiting=scan.waiting,
        )
    )
    rows = [
        (
            page.page,
            value_text(page.outcome),
            value_text(page.problem),
            page.application.number if page.application else page.number,
            page.reason,
        )
        for page in scan.found
    ]
    headings = [_("Scanned page"), _("Outcome"), _("Problem"), _("Form"), _("Reason")]
    if rows:
        click.echo(table(headings, rows))
