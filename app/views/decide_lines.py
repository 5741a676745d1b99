"""What becomes of each person of a form: present against asked, by what the kind's acts do."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, CaseState, KeyState
from app.i18n import _, pick
from app.models.applications import Application, ApplicationLine
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.services.audit import last_done
from app.services.named_users import cases_by_number
from app.views.wording import label, when
from app.workflow.columns import items_asked
from app.workflow.door import lifecycle_of
from app.workflow.record import Present, presents

Row = dict[str, str]
SUSPENDED = "account:suspended"


@dataclass(kw_only=True)
class Becoming:
    """The persons of one form as the record has them now, and what the form makes of them."""

    session: Session
    application: Application
    lines: Collection[ApplicationLine]

    def __post_init__(self) -> None:
        """Read the record once for all lines."""
        self.effects = {
            effect
            for transition in lifecycle_of(self.application).transitions
            for effect in transition.effects
        }
        named = {it.position: it.account.login_name.lower() for it in self.lines if it.account}
        found = presents(
            self.session,
            self.application.organization_id,
            named.values(),
            self.application.line_class,
            whole=True,
        )
        self.found = {place: found[login] for place, login in named.items() if login in found}
        self.cases = cases_by_number(
            self.session,
            [number for line in self.lines for number in line.numbers()],
        )

    @cached_property
    def suspensions(self) -> dict[int, AuditEvent]:
        """What the trail says of those who are suspended, by account."""
        ids = [it.account_id for it in self.found.values() if it.state == AccountState.SUSPENDED]
        return last_done(self.session, "account", ids, SUSPENDED)

    def comparison(self, line: ApplicationLine) -> list[Row]:
        """Return the rows of a line that names somebody: what is now, what is asked."""
        present = self.found.get(line.position)
        if present is None:
            return []
        return [
            row
            for effect, rows in ROWS.items()
            if effect in self.effects
            for row in rows(self, line, present)
        ]

    def suspension(self, present: Present) -> str:
        """Return when, by whom and why the person's sign-in was suspended last (M6.4)."""
        event = self.suspensions.get(present.account_id)
        if event is None:
            return ""
        return " · ".join(filter(None, [when(event.at), event.actor_label, event.comment]))

    def permissions(self, line: ApplicationLine) -> list[dict[str, str]]:
        """Return what the person holds afterwards, each item as new, kept or ended."""
        present = self.found.get(line.position)
        if present is None:
            return []
        if "cancel_accounts" in self.effects:
            return [_item(item, "removed") for item in present.items]
        asked = items_asked(type(line))
        if asked is None:
            return [_item(item, "same") for item in present.items]
        wanted = list(getattr(line, asked.name))
        held = {item.code for item in present.items}
        codes = {item.code for item in wanted}
        return [
            *(_item(it, "same" if it.code in held else "added") for it in wanted),
            *(_item(it, "removed") for it in present.items if it.code not in codes),
        ]


def _item(item: Any, change: str) -> dict[str, str]:
    return {"label": pick(item, "title"), "change": change, "note": ""}


def _row(name: str, present: str, asked: str) -> Row:
    change = "same" if present == asked else "changed" if present and asked else "added"
    return {"label": name, "present": present, "asked": asked, "change": change}


def _name(_all: Becoming, line: ApplicationLine, present: Present) -> Iterator[Row]:
    new = str(getattr(line, "new_name", ""))
    done = line.key_id is not None or present.name == new
    old = str(getattr(line, "old_name", "")) if done else present.name
    yield _row(_("Full name"), old, new)


def _state_to(state: AccountState) -> Callable[..., Iterator[Row]]:
    def rows(all_: Becoming, _line: ApplicationLine, present: Present) -> Iterator[Row]:
        yield _row(_("State"), label(present.state), label(state))
        if present.state == AccountState.SUSPENDED and (why := all_.suspension(present)):
            yield _row(_("Why suspended"), why, why)
        yield _row(_("Last sign-in"), when(present.last_login_at), when(present.last_login_at))

    return rows


def _key_comes_back(all_: Becoming, _line: ApplicationLine, present: Present) -> Iterator[Row]:
    if present.holds_key and "cancel_accounts" in all_.effects:
        yield _row(_("Key"), present.key_serial, label(KeyState.RETURNED))


def _other_key(_all: Becoming, line: ApplicationLine, _present: Present) -> Iterator[Row]:
    old = str(getattr(line, "old_key_serial", ""))
    yield _row(_("Key"), old, line.key.serial if line.key else _("to be issued"))


def _same_key(_all: Becoming, line: ApplicationLine, present: Present) -> Iterator[Row]:
    old = str(getattr(line, "key_serial", ""))
    new = line.key.serial if line.key else present.key_serial
    yield _row(_("Key"), old, new or _("to be issued"))


def _cases(all_: Becoming, line: ApplicationLine, _present: Present) -> Iterator[Row]:
    for number in line.numbers():
        case: Case | None = all_.cases.get(number)
        state = f"{label(case.state)} · {when(case.opened_at)}" if case else ""
        yield _row(number, state, label(CaseState.DELETED))


ROWS: dict[str, Callable[[Becoming, ApplicationLine, Present], Iterator[Row]]] = {
    "rename_accounts": _name,
    "cancel_accounts": _state_to(AccountState.CANCELLED),
    "take_keys_back": _key_comes_back,
    "restore_accounts": _state_to(AccountState.ACTIVE),
    "replace_keys": _other_key,
    "rebind_keys": _same_key,
    "delete_cases": _cases,
}
"""What to compare, by the effect that changes it."""
