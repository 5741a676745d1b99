"""`flask key-credentials …`: which keys are bound to their holders, and a link to bind one (M8)."""

from dataclasses import replace

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import clock
from app.catalog.enums import CeremonyPurpose, Channel
from app.cli.acts import subject_of
from app.cli.lists import list_command
from app.cli.terminal import as_person, at_desk, fail_in_words, nothing_found, system_user, table
from app.extensions import db
from app.i18n import _, ngettext
from app.models.accounts import Account
from app.security.actor import Actor, acting
from app.security.key_policy import policy
from app.services.commits import committing
from app.services.key_bindings import ask_to_enrol, unbound
from app.services.key_challenges import LASTS

group = AppGroup("key-credentials", help="Keys bound to their holders.")
group.add_command(list_command("key_credentials"))


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("unbound")
@as_person
@fail_in_words
def unbound_keys(login: str) -> None:
    """List keys in people's hands that are not bound: who cannot sign in where keys are asked."""
    with at_desk(login) as desk:
        found = unbound(desk.session)
        rows = [(key.serial, key.office_code, key.holder) for key in found]
        click.echo(table([_("Key"), _("Issuing office"), _("Holder")], rows) or nothing_found())
        click.echo(ngettext("%(num)s key is not bound.", "%(num)s keys are not bound.", len(rows)))


@group.command("enrol")
@click.argument("identity", metavar="LOGIN")
@fail_in_words
def enrol(identity: str) -> None:
    """Print a link by which the key that LOGIN holds is bound, once and within minutes.

    For the first people of an installation, and for an office that has locked itself out. Whoever
    opens the link plugs the key in; the security administrators are told.
    """
    now = clock.now()
    session: Session = db.session()
    system = replace(Actor.system("enrolment", channel=Channel.CLI), remote_addr=system_user())
    with acting(session, system):
        account = subject_of(session, Account.login_key, identity.lower())
        with committing(
            session,
            tag="key:enrolment_opened",
            actor=system,
            now=now,
            subject_type="account",
            subject_id=account.id,
            subject_label=str(account),
            organization_id=account.organization_id,
        ):
            ticket = ask_to_enrol(session, account, actor=system, now=now)
    path = f"/login/enrol/{ticket}"
    minutes = int(LASTS[CeremonyPurpose.ENROL].total_seconds() // 60)
    click.echo(_("Open this within %(minutes)s minutes, the key plugged in:", minutes=minutes))
    click.echo(f"{policy().home}{path}")
