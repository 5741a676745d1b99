"""`flask catalog …`: the Measures as files and as rows (M11, 第十一条)."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.catalog.check import check as check_catalog
from app.catalog.enums import Channel
from app.catalog.loader import DATA, FILES, load_from
from app.catalog.types import Catalog
from app.cli.terminal import fail_in_words
from app.errors import DomainError
from app.extensions import db
from app.i18n import N_, _
from app.security.actor import Actor, acting
from app.services import catalog as service
from app.services.roles import sync_roles

group = AppGroup("catalog", help=N_("Articles, permission items, roads, papers and pledges."))

_folder = click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=DATA,
    help=N_("A folder with another catalogue than the one that is shipped."),
)

CHANGED = {
    service.ChangeKind.ADDED: N_("new"),
    service.ChangeKind.REWORDED: N_("new wording"),
    service.ChangeKind.AMENDED: N_("amended"),
    service.ChangeKind.ENDED: N_("ends"),
    service.ChangeKind.KEPT: N_("left to the office"),
}


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("check")
@_folder
@fail_in_words
def check(folder: Path) -> None:
    """Prove that the files hold together: counts, references, roads, duties, languages, dates."""
    catalog = _load(folder)
    problems = check_catalog(catalog)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise click.ClickException(_("%(count)s problems.", count=len(problems)))
    count = sum(len(getattr(catalog, file.name)) for file in FILES)
    click.echo(_("The catalogue holds together: %(count)s entries.", count=count))


@group.command("sync")
@_folder
@click.option("--dry-run", is_flag=True, help=N_("Only report what would change."))
@click.option(
    "--overrule", is_flag=True, help=N_("Replace what the office wrote in the console, too.")
)
@fail_in_words
def sync(folder: Path, *, dry_run: bool, overrule: bool) -> None:
    """Bring the rows to what the files say; a second run changes nothing."""
    catalog = _load(folder)
    session: Session = db.session()
    actor = Actor.system("catalog sync", channel=Channel.CLI)
    try:
        with acting(session, actor):
            report = service.sync(
                session,
                catalog,
                actor=actor,
                now=clock.now(),
                dry_run=dry_run,
                overrule=overrule,
            )
            roles = 0 if dry_run else sync_roles(session)
            session.commit()
    except IntegrityError as error:
        session.rollback()
        raise click.ClickException(
            _("Somebody else is changing the rules at this moment; please try again.")
        ) from error
    except DomainError as error:
        session.rollback()
        for detail in error.details:
            click.echo(f"{detail.field}: {detail.message}", err=True)
        raise click.ClickException(str(error)) from error
    _say(report, dry_run=dry_run)
    if roles:
        click.echo(_("%(count)s rows of roles and permissions brought up to date.", count=roles))


def _say(report: service.SyncReport, *, dry_run: bool) -> None:
    for change in (*report.changes, *report.kept):
        said = _(CHANGED[change.kind])
        if change.effective:
            said = _("%(what)s from %(day)s", what=said, day=change.effective)
        click.echo(f"{change.table} {change.entry}: {said}")
        if change.kind is not service.ChangeKind.ADDED:
            for name, value in change.new.items():
                click.echo(f"  {name}: {change.old.get(name)} → {value}")
    if not report:
        click.echo(_("Nothing to change."))
    elif dry_run:
        click.echo(_("%(count)s changes, none of them made.", count=len(report.changes)))
    else:
        click.echo(_("%(count)s changes made.", count=len(report.changes)))


@group.command("diff")
@_folder
@fail_in_words
def diff(folder: Path) -> None:
    """Show line by line what leads from the rows to the files; exit code 1 if anything does."""
    catalog = _load(folder)
    session: Session = db.session()
    with acting(session, Actor.system("catalog diff", channel=Channel.CLI)):
        difference = service.diff(session, catalog, folder=folder)
    if difference:
        click.echo(difference, nl=False)
        raise click.exceptions.Exit(1)
    click.echo(_("Rows and files say the same."))


@group.command("export")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=N_("Write the files there instead of printing them."),
)
@fail_in_words
def export(folder: Path | None) -> None:
    """Write the rows back as files; loaded again they are the same catalogue."""
    session: Session = db.session()
    with acting(session, Actor.system("catalog export", channel=Channel.CLI)):
        texts = service.export(session, _load(DATA))
    if folder is None:
        for filename, text in texts.items():
            click.echo(f"# --- {filename}")
            click.echo(text, nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for filename, text in texts.items():
        (folder / filename).write_text(text, encoding="utf-8")
    click.echo(_("%(count)s files written to %(folder)s.", count=len(texts), folder=folder))


def _load(folder: Path) -> Catalog:
    try:
        return service.with_declared_kinds(load_from(folder))
    except DomainError as error:
        raise click.ClickException(str(error)) from error
