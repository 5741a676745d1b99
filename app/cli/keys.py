"""`flask keys …`: the stock of keys, and what happens to one (M9, 第九条)."""

from datetime import datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.enums import Channel, KeyState, OfficeCode
from app.catalog.lifecycles import KEY
from app.cli.acts import add_acts, comment_option
from app.cli.lists import list_command
from app.cli.terminal import as_person, at_desk, fail_in_words
from app.errors import BadRequest
from app.extensions import db
from app.i18n import N_, _
from app.models.keys import Key
from app.security.actor import Actor, acting
from app.services.commits import committing
from app.services.key_transfers import send_keys
from app.services.keys import receive_keys
from app.services.stock_accounts import account_of, differences, table_of

group = AppGroup("keys", help="The stock of keys.")
group.add_command(list_command("keys"))
add_acts(group, KEY, named="SERIAL", by=Key.serial, fold=str.upper)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("receive")
@click.argument("serials", nargs=-1)
@as_person
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text file with one serial number a line.",
)
@comment_option
@fail_in_words
def receive(serials: tuple[str, ...], login: str, *, path: Path | None, comment: str) -> None:
    """Take keys into the stock of the person's own office: all of them or none."""
    with at_desk(login) as desk:
        wanted = [*serials, *(_lines(path) if path else [])]
        with committing(
            desk.session,
            tag="key:received",
            actor=desk.actor,
            now=desk.now,
            subject_type="key",
            comment=comment,
        ):
            keys = receive_keys(
                desk.session, wanted, actor=desk.actor, now=desk.now, comment=comment
            )
        click.echo(_("%(count)s keys are in stock.", count=len(keys)))


@group.command("verify")
@fail_in_words
def verify() -> None:
    """Compare every key with the ledger of its movements; exit with 1 if they differ (M9)."""
    session = db.session()
    with acting(session, Actor.system("keys verify", channel=Channel.CLI)):
        found = differences(session)
    for it in found:
        click.echo(f"{it.serial}  {it.what}  {it.ledger or '-'} != {it.record or '-'}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo(_("The ledger and the keys on record agree."))


@group.command("account")
@as_person
@click.option("--office", type=click.Choice([o.value for o in OfficeCode]), help="Whose stock.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day.")
@fail_in_words
def account(login: str, *, office: str | None, since: datetime, until: datetime) -> None:
    """Print the account of a stock: opening, movements, closing, a column for each state."""
    with at_desk(login) as desk:
        chosen = OfficeCode(office) if office else None
        found = account_of(desk.session, chosen, since.date(), until.date(), actor=desk.actor)
        words = ["opening", *(flow.action for flow in found.flows), "closing"]
        click.echo("\t".join(["", *KeyState]))
        for row in table_of(found, words):
            click.echo("\t".join(map(str, row)))


@group.command("transfer")
@click.argument("serials", nargs=-1, required=True, metavar="SERIAL...")
@click.option("--to", "office", required=True, help="The office that the keys are sent to.")
@as_person
@comment_option
@fail_in_words
def transfer(serials: tuple[str, ...], login: str, *, office: str, comment: str) -> None:
    """Send keys to the other issuing office; A..B names a range of serial numbers."""
    with at_desk(login) as desk:
        with committing(
            desk.session,
            tag="key:sent",
            actor=desk.actor,
            now=desk.now,
            subject_type="key",
            comment=comment,
        ):
            sent = send_keys(
                desk.session,
                " ".join(serials),
                office,
                actor=desk.actor,
                now=desk.now,
                comment=comment,
            )
        click.echo(_("%(count)s keys are on the way.", count=len(sent)))


def _lines(path: Path) -> list[str]:
    """Return the file's lines; rows keep their numbers, so an empty one in between is an error."""
    try:
        return path.read_text(encoding="utf-8-sig").rstrip().split("\n")
    except UnicodeDecodeError as error:
        raise BadRequest(N_("The file is not text in UTF-8."), code="not_utf8") from error
