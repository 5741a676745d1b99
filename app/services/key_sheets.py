"""Sheets for both signatures: keys handed over, keys given back (第八条, 第九条, M9).

A sheet lists movements of the ledger; it is made anew whenever it is asked for, and each time is on
record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.catalog.sheet_forms import SHEET_FORMS, SheetForm
from app.clock import OFFICE_ZONE, office_date
from app.errors import NotFound
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key, KeyMovement
from app.models.organizations import Organization
from app.security.actor import Actor
from app.security.audit import record
from app.services import regulations
from app.services.typesetting import typeset

HAND_OVER, RETURN = "hand_over", "return"
MOVED_BY: dict[str, tuple[str, ...]] = {HAND_OVER: ("issue",), RETURN: ("take_back", "replace")}
"""Which movements stand on which sheet."""
TEMPLATE = "sheet"
LEDGER = {"unscoped": "movements of keys, or by a form, that the actor has loaded within reach"}
MOST_ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One key that changed hands, with whose it was and who did it."""

    serial: str
    office: str
    holder: str
    login: str
    organization: str
    number: str
    at: datetime
    by: str
    reason: str


def kinds_among(actions: Iterable[str]) -> list[str]:
    """Return which sheets there are to print of these movements."""
    known = set(actions)
    return [kind for kind, moved in MOVED_BY.items() if known & set(moved)]


def kinds_of_form(session: Session, application: Application) -> list[str]:
    """Return which sheets a form has to show, the caller having loaded it within reach."""
    found = select(KeyMovement.action).where(KeyMovement.application_id == application.id)
    return kinds_among(session.scalars(found.distinct().execution_options(**LEDGER)))


def sheet_of_key(session: Session, key: Key, kind: str, *, actor: Actor, now: datetime) -> bytes:
    """Return the sheet of the last time that `key` changed hands in this way, as a PDF.

    The caller has loaded the key within reach, and commits. NotFound where it never did.
    """
    moved = _moved(session, kind, KeyMovement.key_id == key.id)[-1:]
    return _sheet(session, kind, moved, key, actor=actor, now=now)


def sheet_of_form(
    session: Session, application: Application, kind: str, *, actor: Actor, now: datetime
) -> bytes:
    """Return the sheet of every key that changed hands by this form, as a PDF.

    The caller has loaded the form within reach, and commits. NotFound where none did.
    """
    moved = _moved(session, kind, KeyMovement.application_id == application.id)
    return _sheet(session, kind, moved, application, actor=actor, now=now)


def _moved(session: Session, kind: str, condition: Any) -> list[Moved]:
    holder, officer = aliased(Account), aliased(Account)
    rows = session.execute(
        select(
            KeyMovement,
            Key.serial,
            holder.name,
            holder.login_name,
            Organization.name,
            officer.name,
            Application.number,
        )
        .join(Key, Key.id == KeyMovement.key_id)
        .outerjoin(holder, holder.id == KeyMovement.holder_id)
        .outerjoin(Organization, Organization.id == holder.organization_id)
        .outerjoin(officer, officer.id == KeyMovement.actor_id)
        .outerjoin(Application, Application.id == KeyMovement.application_id)
        .where(condition, KeyMovement.action.in_(MOVED_BY[kind]))
        .order_by(KeyMovement.id)
        .limit(MOST_ROWS)
        .execution_options(**LEDGER)
    )
    return [
        Moved(
            serial=serial,
            office=moved.office_code,
            holder=name or "",
            login=login or "",
            organization=organization or "",
            number=number or "",
            at=moved.at,
            by=by or "",
            reason=moved.reason,
        )
        for moved, serial, name, login, organization, by, number in rows
    ]


def _sheet(
    session: Session,
    kind: str,
    moved: Sequence[Moved],
    subject: Any,
    *,
    actor: Actor,
    now: datetime,
) -> bytes:
    if not moved:
        raise NotFound(N_("No key has changed hands this way."))
    form = SHEET_FORMS[kind]
    last = moved[-1]
    office = regulations.offices(session).get(last.office)  # type: ignore[call-overload]
    said = {
        "office": office.name.zh if office else last.office,
        "organization": last.organization,
        "application": last.number,
        "day": f"{office_date(last.at)}",
    }
    record(
        session,
        tag="key:sheet_printed",
        subject=subject,
        actor=actor,
        now=now,
        new={"sheet": kind, "keys": [each.serial for each in moved]},
        rule=form.rule,
        article=form.article,
    )
    data = {
        "name": f"{form.title} {subject}",
        "title": form.title,
        "label": str(subject),
        "facts": [[label, said[name]] for name, label in form.facts.items()],
        "columns": [{"heading": words, "weight": width} for _name, words, width in form.columns],
        "rows": [_row(form, place, each) for place, each in enumerate(moved, start=1)],
        "clause": _clause(session, form, now),
        "signatures": form.signatures,
        "seals": form.seals,
        "date": form.date,
    }
    return typeset(TEMPLATE, data, at=now)


def _row(form: SheetForm, place: int, moved: Moved) -> list[str]:
    said = {
        "number": str(place),
        "serial": moved.serial,
        "holder": moved.holder,
        "login": moved.login,
        "at": f"{moved.at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}",
        "by": moved.by,
        "remark": moved.reason,
    }
    return [said.get(name, "") for name, _words, _width in form.columns]


def _clause(session: Session, form: SheetForm, now: datetime) -> dict[str, str] | None:
    found = regulations.cited(session, form.clause, office_date(now))
    return {"reference": found.reference, "text": found.text.zh} if found else None
