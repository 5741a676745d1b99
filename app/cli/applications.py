"""`flask applications …`: draft, list, show, act; the rules and words of the pages."""

import json
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.event_words import told
from app.catalog.identity import mask_citizen_id
from app.catalog.permissions import Permission
from app.cli.acts import (
    act,
    comment_option,
    find_or_refuse,
    key_option,
    read_data,
    subject_of,
    version_option,
)
from app.cli.lists import list_command, plain_value, value_text
from app.cli.terminal import Desk, as_person, at_desk, fail_in_words, table
from app.i18n import _
from app.models.applications import Application, ApplicationLine
from app.security.authorise import require
from app.services.applications import (
    open_draft,
    own_organization,
    parse_kind,
    save_draft,
    what_can_be_done,
)
from app.services.audit import history_of
from app.services.commits import committing
from app.workflow.form import HEADER
from app.workflow.review import open_work

group = AppGroup("applications", help="Written applications, from draft to key.")
group.add_command(list_command("applications"))

_form = click.option(
    "--data",
    "given",
    required=True,
    help="The form as REST takes it, as JSON or as @FILE.",
)


def register(application: Flask) -> None:
    """Add the group to the application's commands."""
    application.cli.add_command(group)


def find_application(session: Session, number: str) -> Application | None:
    """Return the application with this number among those within the person's reach."""
    return session.scalars(
        select(Application).where(Application.number == number.strip().upper())
    ).one_or_none()


@group.command("add")
@as_person
@_form
@fail_in_words
def add(login: str, given: str) -> None:
    """Draft an application of the person's own organization."""
    with at_desk(login) as desk:
        raw = read_data(given)
        organization = own_organization(desk.session, desk.actor, raw.pop("organization", None))
        kind = parse_kind(raw.pop("kind", None))
        with committing(
            desk.session,
            tag="application:drafted",
            actor=desk.actor,
            now=desk.now,
            subject_type="application",
            organization_id=organization.id,
        ):
            application, _problems = open_draft(
                desk.session,
                kind=kind,
                organization=organization,
                raw=raw,
                actor=desk.actor,
                now=desk.now,
                strict=True,
            )
        click.echo(f"{application.number}: {value_text(application.state)}")


@group.command("edit")
@click.argument("number")
@as_person
@_form
@version_option
@fail_in_words
def edit(number: str, login: str, *, given: str, expected_version: int | None) -> None:
    """Replace what a draft or returned form says."""
    with at_desk(login) as desk:
        application = find_or_refuse(desk.session, find_application, number)
        with committing(
            desk.session,
            tag="application:edited",
            actor=desk.actor,
            now=desk.now,
            subject_type="application",
            subject_id=application.id,
            subject_label=application.number,
            organization_id=application.organization_id,
        ):
            save_draft(
                desk.session,
                application,
                read_data(given),
                actor=desk.actor,
                now=desk.now,
                strict=True,
                expected_version=expected_version,
            )
        click.echo(f"{application.number}: {value_text(application.state)}")


@group.command("act")
@click.argument("number")
@click.argument("action")
@as_person
@click.option("--data", "given", default="", help="What the act needs, as JSON or as @FILE.")
@comment_option
@version_option
@key_option
@fail_in_words
def do(number: str, action: str, login: str, *, given: str, **options: Any) -> None:
    """Submit, approve, return, configure, issue keys …; `show` lists what can be done."""
    with at_desk(login) as desk:
        application = subject_of(desk.session, Application.number, number.upper())
        act(desk, application, action.replace("-", "_"), data=read_data(given), **options)


@group.command("show")
@click.argument("number")
@as_person
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@fail_in_words
def show(number: str, login: str, *, as_json: bool) -> None:
    """Show a form, whose turn it is, what the person can do, what happened."""
    with at_desk(login) as desk:
        require(desk.actor, Permission.APPLICATIONS_LIST)
        application = find_or_refuse(desk.session, find_application, number)
        whole = _whole(desk, application)
        if as_json:
            click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
            return
        _print(application, whole)


def _whole(desk: Desk, application: Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "number": application.number,
        "kind": application.kind.value,
        "state": application.state.value,
        "version": application.version,
        "organization": application.organization.code,
        **{name: getattr(application, name) for name in HEADER},
        "submitted_at": plain_value(application.submitted_at),
        "lines": [_line(line) for line in application.lines],
        "waiting": [
            {"action": w.action, "duty": w.duty.value, "since": plain_value(w.opened_at)}
            for w in open_work(application)
        ],
        "actions": what_can_be_done(desk.session, application, actor=desk.actor, now=desk.now),
        "history": [
            {
                "at": plain_value(event.at),
                "tag": event.tag,
                "outcome": event.outcome.value,
                "by": event.actor_label,
                "comment": event.comment,
            }
            for event in history_of(desk.session, "application", application.id)
        ],
    }


def _line(line: ApplicationLine) -> dict[str, Any]:
    shown = {
        "position": line.position,
        "name": line.name,
        "items": [item.code for item in line.items],
        "verdict": line.verdict.value,
        "reason": line.reason,
        "login_name": line.account.login_name if line.account else None,
        "key_serial": line.key.serial if line.key else None,
    }
    for name in ("sex", "citizen_id"):
        value = getattr(line, name, None)
        shown[name] = mask_citizen_id(value) if name == "citizen_id" and value else value
    return shown


def _print(application: Application, whole: dict[str, Any]) -> None:
    click.echo(f"{application.number}  {value_text(application.state)}")
    click.echo(f"{application.organization.name} {application.organization.code}")
    click.echo(" / ".join(str(whole[name]) for name in HEADER))
    click.echo(
        table(
            [_("No."), _("Full name"), _("Citizen ID number"), _("Verdict"), _("Key")],
            [
                (
                    line["position"],
                    line["name"],
                    line["citizen_id"],
                    f"{line['verdict']} {line['reason']}",
                    line["key_serial"],
                )
                for line in whole["lines"]
            ],
        )
    )
    for waiting in whole["waiting"]:
        click.echo(_("Waiting for: %(what)s", what=f"{waiting['action']} {waiting['duty']}"))
    for action in whole["actions"]:
        why = "; ".join(reason["message"] for reason in action["why_not"])
        click.echo(f"  {action['action']}: {action['label']}" + (f" - {why}" if why else ""))
    for event in whole["history"]:
        said = (event["at"], told(event["tag"]), event["by"], event["comment"])
        click.echo("  ".join(said).rstrip())
