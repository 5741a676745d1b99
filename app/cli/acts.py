"""Acts on the command line: every transition that a person can fire is a command of its room."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalog.labels import label_of
from app.catalog.lifecycles import Lifecycle, Transition
from app.cli.terminal import Desk, as_person, at_desk, fail_in_words
from app.errors import BadRequest, NotFound
from app.i18n import N_, _
from app.services.acts import perform
from app.workflow.engine import Outcome, lifecycle_of

Find = Callable[[Session, str], Any]

MAX_DATA = 4 * 1024 * 1024

comment_option = click.option("--comment", default="", help="Why; goes on record.")
version_option = click.option(
    "--expected-version", type=int, help="Refuse if the record has changed since this version."
)
key_option = click.option(
    "--idempotency-key", help="Repeated with the same key, the act is not done twice."
)


def add_acts(
    group: click.Group,
    lifecycle: Lifecycle,
    *,
    named: str,
    by: InstrumentedAttribute[str],
    fold: Callable[[str], str],
) -> None:
    """Add a command for every act that needs no further data.

    The record is named by its column `by`, spelled as `fold` spells it.
    """
    for transition in lifecycle.transitions:
        if not transition.automatic and transition.data is None:
            group.add_command(_act_command(transition, named=named, by=by, fold=fold))


def _act_command(
    transition: Transition,
    *,
    named: str,
    by: InstrumentedAttribute[str],
    fold: Callable[[str], str],
) -> click.Command:
    @click.argument("identity", metavar=named)
    @as_person
    @comment_option
    @version_option
    @key_option
    @with_appcontext
    @fail_in_words
    def command(identity: str, login: str, **given: Any) -> None:
        with at_desk(login) as desk:
            act(desk, subject_of(desk.session, by, fold(identity)), transition.action, **given)

    return click.command(
        transition.action.replace("_", "-"),
        help=f"{transition.label} ({transition.rule} {transition.article}).",
    )(command)


def subject_of(session: Session, column: InstrumentedAttribute[str], value: str) -> Any:
    """Return the record to act upon, within reach or not: `fire()` decides and records it."""
    found = session.scalar(
        select(column.class_)
        .where(column == value.strip().replace("\x00", ""))
        .execution_options(unscoped="fire() checks reach itself, so that refusals are recorded")
    )
    if found is None:
        raise NotFound
    return found


def find_or_refuse(session: Session, find: Find, identity: str) -> Any:
    """Return the record that `identity` names within the person's reach; NotFound beyond it."""
    found = find(session, identity)
    if found is None:
        raise NotFound
    return found


def act(
    desk: Desk,
    subject: Any,
    action: str,
    *,
    data: dict[str, Any] | None = None,
    comment: str = "",
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> Outcome:
    """Fire `action` as pages and REST do, say what came of it, and return the outcome."""
    label = str(subject)
    members = type(subject.state)
    outcome = perform(
        desk.session,
        type(subject),
        subject.id,
        action,
        actor=desk.actor,
        now=desk.now,
        data=data,
        comment=comment,
        expected_version=expected_version,
        idempotency_key=idempotency_key,
    )
    click.echo(f"{label}: {_(label_of(members(outcome.state)))}")
    for name, value in outcome.result.items():
        click.echo(f"  {name}: {_json(value)}")
    for name, value in outcome.secrets.items():
        click.echo(_("Told once, not kept: %(what)s", what=f"{name} {_json(value)}"))
    return outcome


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def acts_of(subject: Any) -> list[str]:
    """Return the names of the acts that a person can fire on `subject`."""
    return [t.action for t in lifecycle_of(subject).transitions if not t.automatic]


def read_data(given: str) -> dict[str, Any]:
    """Return the JSON object in `given`, or in the file that it names after an @."""
    if not given:
        return {}
    try:
        text = Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
        found = json.loads(text[:MAX_DATA])
    except OSError as error:
        raise BadRequest(
            N_("The file %(name)s cannot be read."), code="no_file", name=given[1:]
        ) from error
    except ValueError as error:
        raise BadRequest(N_("This is not JSON."), code="not_json") from error
    if not isinstance(found, dict):
        raise BadRequest(N_("A JSON object is expected here."), code="not_an_object")
    return found
