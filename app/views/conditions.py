"""A condition on any column of a list, set in words: which column, how, what.

The form sends three fields; the answer leads to the list's own address with the condition in it.
"""

from typing import Any

from sqlalchemy.orm import Session

from app.errors import Detail, InvalidInput
from app.i18n import N_, _
from app.security.actor import Actor
from app.services.coded import CODED
from app.services.columns import Column, Operator
from app.services.listing import ListQuery, list_page
from app.services.resources import RESOURCES, Resource
from app.views.addresses import BETWEEN_NAME_AND_OPERATOR, CONDITION, Address
from app.views.cells import Reading, concerns, word

WHERE, HOW, WHAT = CONDITION
FILLED = "filled"

WORDS: dict[Operator, str] = {
    Operator.EQ: N_("is"),
    Operator.NOT: N_("is not"),
    Operator.CONTAINS: N_("contains"),
    Operator.NOT_CONTAINS: N_("does not contain"),
    Operator.STARTS: N_("begins with"),
    Operator.NOT_STARTS: N_("does not begin with"),
    Operator.ENDS: N_("ends with"),
    Operator.NOT_ENDS: N_("does not end with"),
    Operator.GT: N_("after"),
    Operator.LT: N_("before"),
    Operator.FROM: N_("from"),
    Operator.UNTIL: N_("until"),
    Operator.BETWEEN: N_("between"),
    Operator.NULL: N_("is empty"),
}
"""How a condition reads; what is above or below a number is after or before it, too."""
FILLED_WORDS = N_("is filled in")

ENTRIES = N_("A value; 2026-01-01..2026-03-31 from one to the other")


def fields(reading: Reading) -> list[dict[str, Any]]:
    """Return the three fields of the form, for what this reader can ask."""
    readable = [c for c in reading.resource.asked if concerns(c, reading.actor)]
    asked = list(dict.fromkeys(map(reading.column, readable)))
    ways = [
        {"value": operator.value, "label": _(words)}
        for operator, words in WORDS.items()
        if any(operator in column.operators for column in asked)
    ]
    ways.append({"value": FILLED, "label": _(FILLED_WORDS)})
    return [
        {
            "name": WHERE,
            "label": _("Any column"),
            "kind": "select",
            "choices": [{"value": c.name, "label": _(c.field.label)} for c in asked],
            "value": "",
        },
        {
            "name": HOW,
            "label": _("Comparison"),
            "kind": "select",
            "choices": ways,
            "placeholder": _(WORDS[Operator.EQ]),
            "value": "",
        },
        {"name": WHAT, "label": _("Value"), "kind": "text", "value": "", "placeholder": _(ENTRIES)},
    ]


def address_with(session: Session, address: Address, actor: Actor) -> str:
    """Return the address of the list with the typed condition in it.

    InvalidInput for a column that is not there to be asked, an operator that it does not answer to,
    a word that is none of its words.
    """
    name, typed = address.value(WHERE), address.value(WHAT).strip()
    if not name:
        return address.but(*CONDITION)
    column = address.resource.column(name)
    if not concerns(column, actor):
        raise InvalidInput(details=[Detail(WHERE, "unknown_column", N_("Choose a column."))])
    operator, value = _asked(session, address.resource, column, address.value(HOW), typed)
    sign = "" if operator == Operator.EQ else f"{BETWEEN_NAME_AND_OPERATOR}{operator.value}"
    return address.but(*CONDITION, **{f"{name}{sign}": value})


def _asked(
    session: Session, resource: Resource, column: Column, how: str, typed: str
) -> tuple[Operator, str]:
    if how == FILLED:
        return Operator.NULL, "false"
    operator = Operator(how) if how in set(Operator) else Operator.EQ
    if operator == Operator.NULL:
        return operator, "true"
    if not typed:
        words = N_("Say what the column is compared with.")
        raise InvalidInput(words, details=[Detail(WHAT, "required", words)])
    if operator in {Operator.EQ, Operator.NOT}:
        return operator, _value(session, resource, column, typed)
    return operator, typed


def _value(session: Session, resource: Resource, column: Column, typed: str) -> str:
    """Return what a word means in this column: a label its code, a name its row."""
    if column.field.resource is not None:
        return _referred(session, RESOURCES[column.field.resource], typed)
    known: dict[str, str] = {}
    if column.members is not None:
        known = {member.value: word(member) for member in column.members}
    elif coded := CODED.get((resource.name, column.name)):
        known = {code: coded.read(code) for code in coded.codes}
    elif column.stored == "boolean":
        known = {"1": _("yes"), "0": _("no")}
    for code, words in known.items():
        if typed.casefold() in {code.casefold(), words.casefold()}:
            return code
    return typed


def _referred(session: Session, target: Resource, typed: str) -> str:
    """Return the key of the one row that is called so; what is a key already stays."""
    if target.searched:
        found = list_page(session, target, ListQuery(search=typed, size=20, counted=False)).rows
    else:
        found = list_page(session, target, ListQuery(size=200, counted=False)).rows
        found = [row for row in found if typed.casefold() in row.label.casefold()]
    exact = [row for row in found if row.label.casefold() == typed.casefold()] or found
    if len(exact) == 1:
        return str(exact[0].id)
    if not exact and typed.isascii():
        return typed
    several = N_("Several are called so: say more of the name.")
    words = several if exact else N_("Nothing is called so.")
    raise InvalidInput(words, details=[Detail(WHAT, "not_one", words)])
