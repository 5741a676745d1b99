"""`flask audit …`: the trail, taken out line by line."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from app.catalog.enums import AuditOutcome
from app.cli.acts import find_or_refuse
from app.cli.files import destination, to_option
from app.cli.lists import list_command
from app.cli.terminal import Desk, as_person, at_desk, fail_in_words
from app.clock import OFFICE_ZONE
from app.i18n import _
from app.models.accounts import Account
from app.services.accounts import find_account
from app.services.audit_export import EventFilter, export_events
from app.services.commits import committing
from app.services.organizations import find_organization

group = AppGroup("audit", help="The audit trail.")
group.add_command(list_command("audit_events"))

DAY = timedelta(days=1)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


@group.command("export")
@as_person
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Up to and with this day.")
@click.option("--tag", help="One kind of event, or all that begin so: account:")
@click.option("--outcome", type=click.Choice([o.value for o in AuditOutcome]))
@click.option("--actor", "actor_login", metavar="LOGIN", help="Done by this account.")
@click.option("--organization", metavar="CODE", help="About this organization.")
@click.option("--subject-type", help="account, application, key …")
@to_option
@fail_in_words
def export(login: str, *, path: Path | None, **given: Any) -> None:
    """Write events as JSON, one a line, oldest first; the export itself goes on record."""
    with at_desk(login) as desk:
        wanted = _wanted(desk, **given)
        count = 0
        with (
            committing(
                desk.session,
                tag="audit:exported",
                actor=desk.actor,
                now=desk.now,
                subject_type="audit_event",
            ),
            destination(path) as file,
        ):
            for event in export_events(desk.session, wanted, actor=desk.actor, now=desk.now):
                file.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
                count += 1
        click.echo(_("%(count)s events written.", count=count), err=True)


def _wanted(
    desk: Desk,
    *,
    since: datetime | None,
    until: datetime | None,
    actor_login: str | None,
    organization: str | None,
    outcome: str | None,
    **plain: Any,
) -> EventFilter:
    person: Account | None = (
        find_or_refuse(desk.session, find_account, actor_login) if actor_login else None
    )
    unit = find_or_refuse(desk.session, find_organization, organization) if organization else None
    return EventFilter(
        since=_midnight(since.date()) if since else None,
        until=_midnight(until.date() + DAY) if until else None,
        outcome=AuditOutcome(outcome) if outcome else None,
        actor_id=person.id if person else None,
        organization_id=unit.id if unit else None,
        **plain,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OFFICE_ZONE)
