"""The list of one's own people: key, permissions, forms and business of each, and what can be done.

The accounts' own list with columns beside them, on the first page and in the room of accounts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, CaseState, KeyState
from app.catalog.lifecycles import KEY, Transition
from app.i18n import N_, _
from app.security.actor import Actor
from app.services import people
from app.services.columns import Column
from app.services.people import Person
from app.services.resources import RESOURCES
from app.views.addresses import Address
from app.views.cells import Cell, may_open, row_url
from app.views.lists import ListPage
from app.views.wording import link, state

UNSAID = frozenset({"organization_id", "citizen_id"})
"""Columns that say the same of all of one's own people, or nothing while it is hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A column beside those of the account."""

    name: str
    label: str
    kind: str
    read: Callable[[Person, Actor], Cell]


def _key(person: Person, actor: Actor) -> Cell:
    if person.key is None:
        return ""
    url = row_url("keys", person.key.id) if may_open(actor, "keys") else None
    cell: dict[str, Any] = {"text": person.key.serial, "url": url}
    if person.key.state != KeyState.ISSUED:
        cell["state"] = state(person.key.state)
    return cell


def _items(person: Person, _actor: Actor) -> Cell:
    return str(person.items) if person.items else ""


def _form(person: Person, actor: Actor) -> Cell:
    form = person.form
    if form is None:
        return ""
    url = row_url("applications", form.id) if may_open(actor, "applications") else None
    return {"text": form.number, "url": url, "state": state(form.state)}


def _business(person: Person, actor: Actor) -> Cell:
    if not person.business:
        return ""
    return {"text": str(person.business), "url": business_url(person.id, actor)}


def _acts(person: Person, actor: Actor) -> Cell:
    acts = []
    if person.state != AccountState.CANCELLED or person.business:
        acts.append({"label": _("Apply"), "url": f"{row_url('accounts', person.id)}#apply"})
    return {"actions": [*acts, *acts_on(person, actor)]}


BESIDE = (
    Beside(name="key", label=N_("Key"), kind="serial", read=_key),
    Beside(name="items", label=N_("Permissions"), kind="number", read=_items),
    Beside(name="form", label=N_("Application"), kind="serial", read=_form),
    Beside(name="business", label=N_("Open business"), kind="number", read=_business),
    Beside(name="acts", label=N_("Actions"), kind="actions", read=_acts),
)


def business_url(account_id: int, actor: Actor) -> str | None:
    """Return the list of a person's unfinished business."""
    if not may_open(actor, "cases"):
        return None
    return link("CaseView.list", owner_id=account_id, state=CaseState.OPEN.value)


def acts_on(person: Person, actor: Actor) -> list[dict[str, Any]]:
    """Return what can be done about a person at once: a lost key is frozen day or night (M8)."""
    key, lost = person.key, KEY.find("report_lost")
    assert lost is not None
    assert lost.permission is not None
    if key is None or key.state not in lost.sources or not actor.may(lost.permission):
        return []
    confirm = {
        "title": _("Key %(serial)s of %(name)s", serial=key.serial, name=person.name),
        "text": _(
            "The key stops working at once and %(name)s is signed out everywhere. What to do next "
            "is said on the page that follows.",
            name=person.name,
        ),
        "button": _("Freeze the key"),
    }
    return [lost_button(key.id, reason=_("Reported lost by the organization."), confirm=confirm)]


def lost_button(key_id: int, *, reason: str, confirm: dict[str, str]) -> dict[str, Any]:
    """Return the button that freezes a key at once, its reason written already (M8)."""
    return {
        "label": _("Key lost"),
        "url": row_url("keys", f"{key_id}/actions/report_lost"),
        "method": "post",
        "tone": "danger",
        "data": {"comment": reason},
        "confirm": confirm,
    }


class PeoplePage(ListPage):
    """The accounts of one's own organisation, with what hangs on each person."""

    def __init__(self, session: Session, address: Address, actor: Actor) -> None:
        """Read the accounts of the address, then everything beside them in one statement."""
        super().__init__(session, RESOURCES["accounts"], address, actor)
        assert actor.organization_id is not None
        ids = [row.id for row in self.page.rows]
        self.people = people.people(session, actor.organization_id, ids)

    def context(self, *, acts: Sequence[Transition] = (), **more: Any) -> dict[str, Any]:
        """Return `page`, known as the people's."""
        return super().context(acts=acts, **{"name": "people", **more})

    def _columns(self) -> tuple[Column, ...]:
        return tuple(column for column in super()._columns() if column.name not in UNSAID)

    def _heads(self) -> list[dict[str, Any]]:
        beside = [{"name": it.name, "label": _(it.label), "kind": it.kind} for it in BESIDE]
        return [*super()._heads(), *beside]

    def _rows(self, acts: Sequence[Transition]) -> list[dict[str, Any]]:
        rows = super()._rows(acts)
        for row in rows:
            person = self.people.get(row["id"])
            beside = [it.read(person, self.actor) if person else "" for it in BESIDE]
            row["cells"] = [*row["cells"], *beside]
            if person is not None and person.administers:
                row["cells"][0] = _with_office(row["cells"][0])
            if person is not None and person.works_without_key:
                row["tone"] = "warn"
        return rows

    def _filters(self) -> list[dict[str, Any]]:
        return [field for field in super()._filters() if field["name"] not in UNSAID]

    def _choice_of_columns(self) -> list[dict[str, Any]]:
        return [it for it in super()._choice_of_columns() if it["name"] not in UNSAID]

    def _empty(self, *, filtered: bool) -> dict[str, Any]:
        if filtered or self.address.value("state"):
            return super()._empty(filtered=filtered)
        return {
            "title": _("Nobody has an account yet"),
            "reason": _("Apply for the first one above."),
            "icon": "people",
        }


def _with_office(cell: Cell) -> Cell:
    """Say under a name that the person administers the organisation."""
    if not isinstance(cell, dict):
        return cell
    return {**cell, "sub": " · ".join([cell["sub"], _("Administrator")])}
