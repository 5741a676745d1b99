"""Every page there is, as a stranger, as the auditor and without a token: against a unit's rows."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.catalog.enums import AuditOutcome, Category
from app.catalog.lifecycles import all_lifecycles
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.materials import Material
from app.models.notices import Notice
from app.models.roles import Role
from app.models.scans import Scan
from app.services.stock_takes import begin_count
from tests.support.archives import lent
from tests.support.cases import case
from tests.support.factories import UNITS, Office
from tests.support.pages import Browser
from tests.support.paper import png
from tests.support.rows import changes, everything, waiting_run

Enter = Callable[..., Browser]
Rows = dict[str, int]

MARKED = "西域人"
STRANGERS = ("east.admin", "developer.admin", "bank.admin")
"""Two administrators of other units and a mere holder of keys."""
UNSAFE = "POST"
ACTS = sorted({act.action for life in all_lifecycles() for act in life.transitions})
GIVEN = {
    "version": "1",
    "comment": "x",
    "name": "改名",
    "roles": "holder",
    "act": "file",
    "page": "1",
    "number": "x",
    "serials": "X-0001",
    "credential": "{}",
    "low_at": "3",
    "columns": "number",
}
OWN = frozenset(
    {"SignInView.login", "SignInView.logout", "SignInView.password", "InboxView.read_all"}
)
PUBLIC = frozenset({"KeySignInView.key", "LostKeyView.report"})
FILE = frozenset({"MaterialView.attach", "ScanView.send", "LineImportView.upload"})


@pytest.fixture
def west(office: Office, browser: Enter, session: Session) -> Rows:
    """One row of each kind that belongs to west, by the name that addresses give it."""
    line = office.lines("west", Category.REGISTRATION)[0] | {"name": MARKED}
    handed_in = office.submitted("west", lines=[line])
    draft = office.draft(
        "west", lines=[line | {"citizen_id": office.person()["citizen_id"]}], strict=False
    )
    there = browser("west.admin")
    content = (io.BytesIO(png()), f"{MARKED}.png")
    sent = there.post(f"/applications/{draft}/papers", {"file": content, "paper_code": "other"})
    assert sent.status_code == 201, sent.text
    assert there.post(f"/applications/{handed_in}/copies").status_code == 303
    content = (io.BytesIO(png()), f"{MARKED}.png")
    assert there.post("/scans/send", {"file": content}).status_code == 303
    account = office.account("west.admin")
    run = waiting_run(account.id, office.now)
    run.title = MARKED
    session.add(run)
    key = session.scalars(select(Key).where(Key.holder_id == account.id)).one()
    with office.acting("research1") as actor:
        count = begin_count(session, {}, actor=actor, now=office.now).id
    holder = office.account("bank.admin")
    holder.roles = list(session.scalars(select(Role).where(Role.name == "holder")))
    session.commit()
    found = {
        "organizations": account.organization_id,
        "accounts": account.id,
        "keys": key.id,
        "applications": handed_in,
        "drafts": draft,
        "file": session.scalars(select(Material.id)).one(),
        "scans": session.scalars(select(Scan.id)).one(),
        "cases": case(office, "west.admin", district_code="110102"),
        "archives": lent(office, "reg1", unit="west"),
        "job_runs": run.id,
        "stock_takes": count,
        "inbox": session.scalars(
            select(Notice.id).where(Notice.account_id == account.id).limit(1)
        ).first()
        or 0,
        "audit_events": office.events()[0].id,
    }
    session.rollback()
    return found


def words_of(office: Office, rows: Rows) -> list[str]:
    """What only somebody who reads west's rows can know."""
    numbers = [office.application(rows[name]).number for name in ("applications", "drafts")]
    return [MARKED, UNITS["west"].name, "west.admin", *numbers]


def pages(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if not str(rule).startswith("/api/") and rule.endpoint != "static"
    ]


def addresses(app: Flask, rows: Rows, method: str) -> Iterator[tuple[Rule, str]]:
    """Every address that names a row of west's, with every act there is."""
    for rule in pages(app):
        room = str(rule).split("/")[1]
        if method not in (rule.methods or ()) or not names_a_row(rule) or room not in rows:
            continue
        for action in ACTS if "action" in rule.arguments else [""]:
            for name in ("applications", "drafts") if room == "applications" else (room,):
                yield rule, build(rule, rows[name], action)


def build(rule: Rule, identity: int, action: str = "") -> str:
    known: dict[str, Any] = {
        "action": action,
        "kind": "new_user",
        "form": "csv",
        "line_id": 1,
        "page": 1,
        "copy_number": 1,
        "token": "x",
        "ticket": "x",
        "code": "en",
        "name": "auditor",
        "resource": "applications",
    }
    if rule.endpoint.startswith("StockAccountView"):
        known["kind"] = "csv"
    built = rule.build({name: known.get(name, identity) for name in rule.arguments})
    assert built is not None
    return built[1]


@pytest.mark.rule("M2")
@pytest.mark.parametrize("login", STRANGERS)
def test_no_page_of_another_units_row_opens(
    app: Flask, browser: Enter, office: Office, west: Rows, login: str
) -> None:
    words, there, seen = words_of(office, west), browser(login), 0
    for _rule, address in addresses(app, west, "GET"):
        answer = there.get(address)
        assert answer.status_code in {302, 403, 404}, address
        assert not any(word in answer.text for word in words), address
        seen += 1
    assert seen > 40


def names_a_row(rule: Rule) -> bool:
    return bool(rule.arguments - {"kind", "form", "code", "resource", "name", "token"})


@pytest.mark.rule("M2")
@pytest.mark.parametrize("login", STRANGERS)
def test_no_list_export_search_or_picker_tells_of_another_unit(
    app: Flask, browser: Enter, office: Office, west: Rows, login: str
) -> None:
    words, there, seen = words_of(office, west), browser(login), 0
    for rule in pages(app):
        if "GET" not in (rule.methods or ()) or names_a_row(rule) or rule.endpoint in OWN | PUBLIC:
            continue
        told = there.get(build(rule, 0), follow_redirects=True).get_data().decode(errors="replace")
        assert not any(word in told for word in words), rule
        seen += 1
    for word in words:
        for page in ("/search/", "/accounts/", "/applications/", "/organizations/", "/keys/"):
            told = there.get(page, query_string={"q": word[:-1], "search": word[:-1]}).text
            assert word not in told, (page, word)
    for name in ("accounts", "organizations", "keys", "applications"):
        for identity in west.values():
            told = there.get(f"/pick/{name}?id={identity}").text
            assert not any(word in told for word in words), (name, identity)
    assert seen > 60


@pytest.mark.rule("M2", "M3")
@pytest.mark.parametrize("login", STRANGERS)
def test_nothing_sent_to_another_units_row_does_anything_and_each_refusal_is_on_record(
    app: Flask, browser: Enter, office: Office, west: Rows, login: str
) -> None:
    there, session = browser(login), office.session
    token, before = there.token(), everything(session)
    who, sent = office.account(login).id, 0
    for rule, address in addresses(app, west, UNSAFE):
        trail = office.count(AuditEvent, AuditEvent.actor_id == who)
        answer = there.post(address, {**GIVEN, **a_file(rule)}, token=token)
        assert answer.status_code in {400, 403, 404, 422}, address
        session.rollback()
        if answer.status_code in {403, 404}:
            told = office.events(AuditEvent.actor_id == who)[trail:]
            assert [event.outcome for event in told] == [AuditOutcome.REFUSED], address
        sent += 1
    assert sent > 40
    assert changes(before, everything(session)) == {}


def a_file(rule: Rule) -> dict[str, Any]:
    return {"file": (io.BytesIO(png()), "x.png")} if rule.endpoint in FILE else {}


def test_the_auditor_changes_nothing_by_any_page(
    app: Flask, browser: Enter, office: Office, session: Session, west: Rows
) -> None:
    there = browser("auditor")
    token, before = there.token(), everything(session)
    for rule, address in addresses(app, west, UNSAFE):
        answer = there.post(address, {**GIVEN, **a_file(rule)}, token=token)
        assert answer.status_code in {303, 400, 403, 404, 409, 422}, address
    for rule in pages(app):
        if (
            UNSAFE in (rule.methods or ())
            and not rule.arguments
            and rule.endpoint not in OWN | PUBLIC
        ):
            there.post(str(rule), {**GIVEN, **a_file(rule)}, token=token)
    assert changes(before, everything(session)) == {}


def test_no_page_takes_anything_without_its_token(
    app: Flask, browser: Enter, session: Session, west: Rows
) -> None:
    others, there = browser("auditor").token(), browser("security_administrator")
    before = everything(session)
    for rule in pages(app):
        if UNSAFE not in (rule.methods or ()):
            continue
        address = build(rule, west.get(str(rule).split("/")[1], 1), "cancel")
        for token in ("", others):
            answer = there.post(address, {**GIVEN, **a_file(rule)}, token=token)
            assert answer.status_code == 400 or rule.endpoint == "SignInView.login", address
            asked = {"Accept": "application/json", "X-CSRFToken": token}
            answer = there.open(address, UNSAFE, json=GIVEN, headers=asked)
            assert answer.status_code == 400, address
    assert changes(before, everything(session)) == {}


def test_nobody_comes_to_a_page_without_signing_in(app: Flask, browser: Enter, west: Rows) -> None:
    stranger = browser()
    token = stranger.token()
    for rule in pages(app):
        access: Any = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
        address = build(rule, west.get(str(rule).split("/")[1], 1), "cancel")
        if access.anyone or rule.endpoint == "OpenApiDocument.get":
            continue
        if "GET" in (rule.methods or ()):
            answer = stranger.get(address)
            assert (answer.status_code, answer.location[:7]) == (302, "/login/"), address
        if UNSAFE in (rule.methods or ()):
            assert stranger.post(address, GIVEN, token=token).status_code == 401, address


def test_a_bulk_act_on_rows_beyond_reach_is_refused_and_on_record(
    browser: Enter, office: Office, west: Rows
) -> None:
    there, who = browser("service1"), office.account("service1").id
    trail = office.count(AuditEvent, AuditEvent.actor_id == who)

    there.post("/keys/bulk", {"action": "stock", "ids": str(west["keys"])})

    (told,) = office.events(AuditEvent.actor_id == who)[trail:]
    assert (told.tag, told.outcome) == ("key:stocked", AuditOutcome.REFUSED)
    assert told.subject_id == west["keys"]
