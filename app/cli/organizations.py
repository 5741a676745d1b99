"""`flask organizations …`: register, correct and list organisations (M2, 第二条)."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.enums import LegalForm, OrganizationType
from app.cli.acts import comment_option, find_or_refuse, version_option
from app.cli.lists import list_command
from app.cli.terminal import as_person, at_desk, fail_in_words
from app.i18n import _
from app.services.commits import committing
from app.services.organizations import (
    amend_organization,
    find_organization,
    register_organization,
)

group = AppGroup("organizations", help="Management units and enterprises.")
group.add_command(list_command("organizations"))


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


_type = click.option("--type", "type", type=click.Choice([t.value for t in OrganizationType]))
_legal_form = click.option(
    "--legal-form",
    type=click.Choice([f.value for f in LegalForm]),
    help="Only where the type leaves a choice.",
)
_district = click.option("--district", "district_code", help="The district's code.")
_parent = click.option("--parent", help="The code of the organization above.")


@group.command("add")
@as_person
@click.option("--code", required=True, help="Social credit code (18) or organization code (9).")
@click.option("--name", required=True)
@_type
@_legal_form
@_district
@_parent
@fail_in_words
def add(login: str, **given: Any) -> None:
    """Register an organization."""
    with at_desk(login) as desk:
        with committing(
            desk.session,
            tag="organization:registered",
            actor=desk.actor,
            now=desk.now,
            subject_type="organization",
            subject_label=given["name"],
        ):
            organization = register_organization(
                desk.session, raw=given, actor=desk.actor, now=desk.now
            )
        click.echo(
            _("Registered: %(name)s %(code)s", name=organization.name, code=organization.code)
        )


@group.command("amend")
@click.argument("code")
@as_person
@click.option("--code", "new_code", help="The right code.")
@click.option("--name")
@_type
@_legal_form
@_district
@_parent
@comment_option
@version_option
@fail_in_words
def amend(
    code: str, login: str, *, comment: str, expected_version: int | None, **given: Any
) -> None:
    """Correct what is named by an option; the rest stays."""
    given["code"] = given.pop("new_code")
    raw = {name: value for name, value in given.items() if value is not None}
    with at_desk(login) as desk:
        organization = find_or_refuse(desk.session, find_organization, code)
        with committing(
            desk.session,
            tag="organization:amended",
            actor=desk.actor,
            now=desk.now,
            subject_type="organization",
            subject_id=organization.id,
            subject_label=organization.name,
            organization_id=organization.id,
            comment=comment,
        ):
            amend_organization(
                desk.session,
                organization,
                raw,
                actor=desk.actor,
                now=desk.now,
                comment=comment,
                expected_version=expected_version,
            )
        click.echo(
            _("Corrected: %(name)s %(code)s", name=organization.name, code=organization.code)
        )
