"""What is measured: each question put to the floor and to the console, as the same person."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.databases import Filled
from bench.generate import FIRST_DISTRICT, GIVEN, PASSWORD, STAFF, SURNAMES, Size, login_of
from bench.servers import Served
from bench.visitor import Request, Visitor, changed, form_of

PAGE = 25
FAR = 2_000
DONE = frozenset({302, 303})

Ask = Callable[[int], Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table: what a round asks of the floor, and of the console.

    What has to be fetched before the question, such as a form's version, is fetched off the clock.
    """

    name: str
    at_most: float
    floor: Ask
    console: Ask
    visitor: Visitor
    above: str = ""
    """Where it is set, `at_most` is so many milliseconds above that other row."""


def role(name: str, office: str | None = None) -> str:
    """Return the login name of the bench's account with that role."""
    return next(login_of(n) for n, staff in STAFF.items() if staff == (name, office))


AUDITOR = role("auditor")
REVIEWER = role("reviewer", "REG")
CONFIGURATOR = role("configurator", "INFO")
ADMINISTRATOR = role("organization_administrator")


def signed_in(served: Served, login: str) -> Visitor:
    """Return somebody who has signed in."""
    visitor = served.visitor()
    visitor.sign_in(login, PASSWORD)
    return visitor


def cursor_after(number: int) -> str:
    """Return the word in an address by which the page after row `number` is found."""
    text = json.dumps(["-id", number])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def names(rounds: int) -> list[str]:
    """Return so many pairs of characters that stand in names."""
    return [SURNAMES[n % len(SURNAMES)] + GIVEN[n % len(GIVEN)] for n in range(rounds)]


def reading(served: Served, size: Size) -> Iterator[Case]:
    """Yield the lists, filters and searches over accounts, as the auditor sees them."""
    auditor = signed_in(served, AUDITOR)
    far, last = size.accounts - PAGE * (FAR - 1), PAGE + 1
    for name, number in (("list, page 2,000", far), ("list, last page", last)):
        if number < PAGE:
            continue
        yield Case(
            name=name,
            at_most=5,
            visitor=auditor,
            floor=_same(f"/list?after={number}"),
            console=_same(f"/accounts/?after={cursor_after(number)}"),
        )
    yield Case(
        name="filter by state and organization",
        at_most=6,
        visitor=auditor,
        floor=lambda n: Request(path=f"/filter?state=active&organization={n + 1}"),
        console=lambda n: Request(path=f"/accounts/?state=active&organization_id={n + 1}"),
    )
    terms = [_quoted(name) for name in names(size.accounts)[:2000]]
    yield Case(
        name="name contains two characters",
        at_most=15,
        above=LIST,
        visitor=auditor,
        floor=lambda n: Request(path=f"/name?term={terms[n]}"),
        console=lambda n: Request(path=f"/accounts/?q={terms[n]}"),
    )
    yield Case(
        name="login prefix",
        at_most=6,
        visitor=auditor,
        floor=lambda n: Request(path=f"/prefix?term={_prefix(n, size)}"),
        console=lambda n: Request(path=f"/accounts/?q={_prefix(n, size)}"),
    )


LIST = "list, page 1"


def first_page(served: Served) -> Case:
    """Return the case that others are compared with."""
    return Case(
        name=LIST,
        at_most=5,
        visitor=signed_in(served, AUDITOR),
        floor=_same("/list"),
        console=_same("/accounts/"),
    )


def _same(path: str) -> Ask:
    return lambda _round: Request(path=path)


def _prefix(number: int, size: Size) -> str:
    return login_of(number * 997 % size.accounts)[:-2]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def picking(served: Served) -> Iterator[Case]:
    """Yield pickers over a million rows, beside their SQL in a bare route."""
    reviewer = signed_in(served, AUDITOR)
    terms = [_quoted(name) for name in names(2000)]
    yield Case(
        name="picker over accounts",
        at_most=3,
        visitor=reviewer,
        floor=lambda n: Request(path=f"/pick?term={terms[n]}"),
        console=lambda n: Request(path=f"/pick/accounts?q={terms[n]}"),
    )


def working(served: Served, database: Filled) -> Iterator[Case]:
    """Yield the pages on which forms are written and decided, and the acts themselves."""
    found = Candidates.of(database)
    administrator = signed_in(served, ADMINISTRATOR)
    reviewer = signed_in(served, REVIEWER)
    configurator = signed_in(served, CONFIGURATOR)
    yield Case(
        name="home page of a reviewer",
        at_most=5,
        visitor=reviewer,
        floor=_same("/home"),
        console=_same("/"),
    )
    drafts, others = found.drafts[::2], found.drafts[1::2]
    yield Case(
        name="edit form with 5 lines",
        at_most=8,
        visitor=administrator,
        floor=lambda n: Request(path=f"/form/{drafts[n % len(drafts)]}"),
        console=lambda n: Request(path=f"/applications/{drafts[n % len(drafts)]}/edit"),
    )
    yield Case(
        name="save of it",
        at_most=6,
        visitor=administrator,
        floor=lambda n: Request(
            path=f"/form/{others[n % len(others)]}", form=[("contact_name", names(n + 1)[n])]
        ),
        console=lambda n: _save(administrator, drafts[n % len(drafts)], n),
    )
    yield Case(
        name="approve one with 5 persons",
        at_most=8,
        visitor=reviewer,
        floor=lambda n: Request(path=f"/approve/{found.submitted[-1 - n]}", form=[]),
        console=lambda n: _decide(reviewer, found.submitted[n], "approve"),
    )
    yield Case(
        name="configure one, five accounts made",
        at_most=8,
        visitor=configurator,
        floor=lambda n: Request(path=f"/configure/{found.passed[-1 - n]}", form=[]),
        console=lambda n: _decide(configurator, found.passed[n], "configure"),
    )


def _save(visitor: Visitor, application: int, number: int) -> Request:
    path = f"/applications/{application}/edit"
    fields = form_of(visitor.get(path), holding="contact_name")
    typed = changed(fields, contact_name=names(number + 1)[number], remark=f"第{number}次")
    return Request(path=path, form=[*typed, ("action", "save")], expects=DONE)


def _decide(visitor: Visitor, application: int, action: str) -> Request:
    path = f"/applications/{application}/decide"
    fields = form_of(visitor.get(path), holding="idempotency_key")
    return Request(path=path, form=[*fields, ("action", action)], expects=DONE)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Applications that wait to be written or decided; acts use them up from both ends."""

    drafts: list[int]
    submitted: list[int]
    passed: list[int]

    @classmethod
    def of(cls, database: Filled) -> "Candidates":
        """Look for them."""
        with psycopg.connect(database.address) as connection:
            drafts = _ids(
                connection,
                "SELECT id FROM application WHERE state = 'draft' AND organization_id = %s",
                FIRST_DISTRICT,
            )
            in_state = "SELECT id FROM application WHERE state = %s ORDER BY id"
            return cls(
                drafts,
                _ids(connection, in_state, "submitted"),
                _ids(connection, in_state, "passed"),
            )


def _ids(connection: psycopg.Connection[Any], statement: str, value: Any) -> list[int]:
    return [row[0] for row in connection.execute(statement, (value,))]
