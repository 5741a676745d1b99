"""`flask accounts …`: the first two people, accounts opened by hand, roles, passwords, acts."""

from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import clock
from app.catalog.enums import OfficeCode, Sex
from app.catalog.identity import IdentityError, parse_citizen_id
from app.catalog.lifecycles import ACCOUNT
from app.catalog.permissions import RoleName
from app.cli.acts import (
    act,
    add_acts,
    comment_option,
    find_or_refuse,
    subject_of,
    version_option,
)
from app.cli.lists import list_command
from app.cli.terminal import Desk, as_person, at_desk, fail_in_words, system_user, table
from app.clock import office_date
from app.extensions import db
from app.i18n import _, pick
from app.models.accounts import Account
from app.security.actor import Actor
from app.services.accounts import (
    amend_account,
    assign_roles,
    find_account,
    open_account,
    reset_password,
    reveal_citizen_id,
)
from app.services.bootstrap import bootstrap
from app.services.commits import committing
from app.services.offers import of_own_person

group = AppGroup("accounts", help="People's accounts.")
group.add_command(list_command("accounts"))
add_acts(group, ACCOUNT, named="LOGIN", by=Account.login_key, fold=str.lower)

_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in RoleName]),
    help="Once for each role.",
)
_office = click.option("--office", "office_code", type=click.Choice([o.value for o in OfficeCode]))


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


def _person(prefix: str, who: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the options that describe one of the first two people; what is missing is asked."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name, words in (
            ("key-serial", "key serial number"),
            ("login-name", "login name"),
            ("citizen-id", "citizen ID number"),
            ("name", "name"),
        ):
            command = click.option(f"--{prefix}-{name}", required=True, prompt=f"{who}, {words}")(
                command
            )
        return command

    return add


@group.command("bootstrap")
@click.option("--code", required=True, prompt="The commission's code", help="Its code.")
@click.option("--name", required=True, prompt="The commission's name", help="Its name.")
@_person("administrator", "Security administrator")
@_person("officer", "Key officer of the research centre")
@fail_in_words
def first(code: str, name: str, **given: str) -> None:
    """Open the accounts of a security administrator and a key officer, once.

    They open all other accounts and hand out all other keys. Their passwords are told here and
    nowhere again.
    """
    now = clock.now()
    session: Session = db.session()
    administrator, officer = (
        _described({n: given[f"{who}_{n}"] for n in _DESCRIBED})
        for who in ("administrator", "officer")
    )
    with committing(
        session,
        tag="account:bootstrapped",
        actor=Actor.system("bootstrap"),
        now=now,
        subject_type="organization",
        subject_label=name,
    ):
        made = bootstrap(
            session,
            organization={"code": code, "name": name},
            administrator=administrator,
            officer=officer,
            now=now,
            remote_addr=system_user(),
        )
        rows = [(f.account.login_name, f.password, f.key_serial) for f in made]
    click.echo(table([_("Login name"), _("Initial password"), _("Key")], rows))


_DESCRIBED = ("name", "citizen_id", "login_name", "key_serial")


def _described(person: dict[str, Any]) -> dict[str, Any]:
    """Add the sex, which the citizen ID number says (M5); a wrong number is refused later."""
    try:
        number = parse_citizen_id(person["citizen_id"], today=office_date(clock.now()))
    except IdentityError:
        return {**person, "sex": Sex.FEMALE.value}
    return {**person, "sex": number.sex.value}


@group.command("open")
@as_person
@click.option("--organization", required=True, help="The organization's code.")
@_office
@click.option("--name", required=True)
@click.option("--citizen-id", required=True, prompt="Citizen ID number")
@click.option("--sex", type=click.Choice([s.value for s in Sex]), help="Else by the number.")
@click.option("--login-name", required=True)
@_roles
@fail_in_words
def open_by_hand(login: str, **given: Any) -> None:
    """Open an account by hand; it waits for its key."""
    raw = {**_described(given), **({"sex": given["sex"]} if given["sex"] else {})}
    with at_desk(login) as desk:
        with committing(
            desk.session,
            tag="account:opened",
            actor=desk.actor,
            now=desk.now,
            subject_type="account",
            subject_label=given["login_name"],
        ):
            account = open_account(
                desk.session,
                raw={**raw, "roles": list(given["roles"])},
                actor=desk.actor,
                now=desk.now,
            )
        click.echo(_("Opened, waiting for a key: %(account)s", account=str(account)))


@group.command("issue-key")
@click.argument("identity", metavar="LOGIN")
@click.argument("serial")
@as_person
@comment_option
@version_option
@fail_in_words
def issue_key(identity: str, serial: str, login: str, **given: Any) -> None:
    """Hand a key to the person of an account opened by hand, which makes it active."""
    with at_desk(login) as desk:
        account = subject_of(desk.session, Account.login_key, identity.lower())
        act(desk, account, "issue_key", data={"key_serial": serial}, **given)


@group.command("amend")
@click.argument("identity", metavar="LOGIN")
@as_person
@click.option("--name")
@click.option("--sex", type=click.Choice([s.value for s in Sex]))
@click.option("--citizen-id")
@click.option("--login-name")
@click.option("--office", "office_code", help="Empty for none.")
@comment_option
@version_option
@fail_in_words
def amend(
    identity: str, login: str, *, comment: str, expected_version: int | None, **given: Any
) -> None:
    """Correct what is named by an option; the rest stays."""
    raw = {name: value for name, value in given.items() if value is not None}
    with at_desk(login) as desk:
        account = find_or_refuse(desk.session, find_account, identity)
        with _on_record(desk, account, "account:amended", comment):
            amend_account(
                desk.session,
                account,
                raw,
                actor=desk.actor,
                now=desk.now,
                comment=comment,
                expected_version=expected_version,
            )
        click.echo(_("Corrected: %(account)s", account=str(account)))


@group.command("roles")
@click.argument("identity", metavar="LOGIN")
@as_person
@_roles
@comment_option
@version_option
@fail_in_words
def roles(
    identity: str,
    login: str,
    *,
    roles: tuple[str, ...],
    comment: str,
    expected_version: int | None,
) -> None:
    """Let the account hold exactly these roles."""
    with at_desk(login) as desk:
        account = find_or_refuse(desk.session, find_account, identity)
        with _on_record(desk, account, "account:roles_assigned", comment):
            assign_roles(
                desk.session,
                account,
                roles,
                actor=desk.actor,
                now=desk.now,
                comment=comment,
                expected_version=expected_version,
            )
        click.echo(f"{account}: {', '.join(sorted(roles))}")


@group.command("reset-password")
@click.argument("identity", metavar="LOGIN")
@as_person
@fail_in_words
def reset(identity: str, login: str) -> None:
    """Give a first password anew; every session of the account ends."""
    with at_desk(login) as desk:
        account = find_or_refuse(desk.session, find_account, identity)
        with _on_record(desk, account, "account:password_reset"):
            password = reset_password(desk.session, account, actor=desk.actor, now=desk.now)
        click.echo(_("Told once, not kept: %(what)s", what=password))


@group.command("reveal")
@click.argument("identity", metavar="LOGIN")
@as_person
@fail_in_words
def reveal(identity: str, login: str) -> None:
    """Show the whole citizen ID number; the revealing is recorded."""
    with at_desk(login) as desk:
        account = find_or_refuse(desk.session, find_account, identity)
        with _on_record(desk, account, "account:revealed"):
            number = reveal_citizen_id(desk.session, account, actor=desk.actor, now=desk.now)
        click.echo(number)


@group.command("forms")
@click.argument("identity", metavar="LOGIN")
@as_person
@fail_in_words
def forms(identity: str, login: str) -> None:
    """List by which forms something can be asked for one of the own people, or why it cannot."""
    with at_desk(login) as desk:
        account = find_or_refuse(desk.session, find_account, identity)
        day = office_date(desk.now)
        _person, found = of_own_person(desk.session, account, desk.actor, day=day)
        rows = [
            (
                it.entry.kind.value,
                pick(it.entry, "name"),
                " ".join(why.detail.message for why in it.obstacles) or _("possible"),
            )
            for it in found
        ]
        click.echo(table([_("Kind of application"), _("Form"), _("Now")], rows))


def _on_record(desk: Desk, account: Account, tag: str, comment: str = "") -> Any:
    return committing(
        desk.session,
        tag=tag,
        actor=desk.actor,
        now=desk.now,
        subject_type="account",
        subject_id=account.id,
        subject_label=str(account),
        organization_id=account.organization_id,
        comment=comment,
    )
