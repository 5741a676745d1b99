"""The audit trail of an office where everything has been done: one event for every act."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import ApplicationState, AuditOutcome, Channel, OfficeCode
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind, all_lifecycles
from app.catalog.permissions import Permission
from app.extensions import db
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.archives import ArchiveFile
from app.models.audit import AuditEvent, IdempotencyKey
from app.models.cases import Case
from app.models.keys import Key
from app.models.notices import Notice
from app.models.stock import StockTake
from app.security.actor import acting
from app.services.stock_takes import begin_count
from app.services.switch_over.load import Lists, Load
from app.workflow.engine import lifecycle_of
from tests.conftest import disconnect
from tests.support.archives import PLACE, opened
from tests.support.cases import case, delete_case
from tests.support.databases import Backend
from tests.support.factories import (
    DUTY_OFFICE,
    SETUP,
    Office,
    administrator_of,
    open_work,
    staff_of,
)
from tests.support.former_lists import lists, user
from tests.support.hands import exchange_key, stand_in
from tests.support.kinds import sent, stock_up, unit_of

REG, SERVICE = staff_of(OfficeCode.REG), staff_of(OfficeCode.SERVICE)
INFO, RESEARCH = staff_of(OfficeCode.INFO), staff_of(OfficeCode.RESEARCH)
TRANSITIONS = {
    (cycle.subject, act.tag): act for cycle in all_lifecycles() for act in cycle.transitions
}
IN_TEN_YEARS = ("archive_file", "archive_file:destroyed")
BY_A_JOB = ("cases", "cases:deleted")
FROM_LISTS = {("account", "account:taken_over"), ("key", "key:taken_over")}
WHY = {"comment": "因工作需要"}
WITHIN_OTHERS = {
    ("key", "key:stocked"),
    ("key", "key:returned"),
    ("account", "account:cancelled"),
    ("account", "account:restored"),
}
"""Acts that people do and that forms do as well."""


class Counted(Office):
    """An office that counts which acts its people did."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.done: Counter[tuple[str, str]] = Counter()

    def perform(
        self, who: Any, identity: int, action: str, *, model: Any = Application, **said: Any
    ):
        outcome = super().perform(who, identity, action, model=model, **said)
        subject = self.session.get_one(model, identity)
        cycle = lifecycle_of(subject)
        act = cycle.find(action)
        assert act is not None
        self.done[cycle.subject, act.tag] += 1
        if act.followed_by and outcome.state != act.target:
            self.done[cycle.subject, cycle.find(act.followed_by).tag] += 1
        return outcome


def everything_on_a_form(office: Counted, kind: ApplicationKind) -> None:
    """Every act that this kind of form knows, at least once: read off its lifecycle."""
    applicant = administrator_of(unit_of(kind))
    office.perform(applicant, sent(office, kind), "withdraw")
    identity = sent(office, kind)
    who = staff_of(DUTY_OFFICE[open_work(office.application(identity))[0].duty])
    office.perform(who, identity, "reject", **WHY)
    identity = sent(office, kind)
    office.perform(who, identity, "claim")
    office.perform(who, identity, "hand_back")
    office.perform(who, identity, "return", **WHY)
    office.perform(applicant, identity, "submit")
    go_on(office, identity, "")
    complete = APPLICATIONS[kind].find("complete")
    if complete is not None:
        identity = sent(office, kind)
        go_on(office, identity, complete.sources[0])
        keeper = DUTY_OFFICE[open_work(office.application(identity))[0].duty]
        office.perform(staff_of(keeper, 2), identity, "complete", **WHY)


def go_on(office: Counted, identity: int, until: str) -> None:
    """Let the offices do what waits, to the end or until the form stands at `until`."""
    stock_up(office, OfficeCode.RESEARCH, 2)
    while work := open_work(office.application(identity)):
        if office.application(identity).state == until:
            return
        office.do_step(identity, work[0].action, DUTY_OFFICE[work[0].duty], **WHY)


def taken_over(office: Counted, folder: Path) -> None:
    """Somebody who worked before, with a key, out of the former lists."""
    rights = frozenset({Permission.ACCOUNTS_TAKE_OVER})
    Load(
        session=office.session,
        lists=Lists(**lists(folder, [user(office, 1)])),
        folder=folder,
        actor=office.actor(INFO, channel=Channel.CLI, permissions=rights),
        now=office.now,
        worker="main",
    ).run(dry_run=False)
    office.done.update(FROM_LISTS)


def everything_that_can_be_done(office: Counted) -> None:
    """Every act of every lifecycle, at least once."""
    for unit, reviewer in (("east", REG), ("developer", SERVICE)):
        applicant = administrator_of(unit)
        office.perform(applicant, office.submitted(unit), "withdraw")
        office.perform(reviewer, office.submitted(unit), "reject", **WHY)
        identity = office.submitted(unit, people=2)
        office.perform(reviewer, identity, "claim")
        office.perform(reviewer, identity, "hand_back")
        office.perform(reviewer, identity, "return", **WHY)
        office.perform(applicant, identity, "submit")
        office.walk(identity, until=lambda a: a.state == ApplicationState.CONFIGURED)
        issuer = RESEARCH if unit == "east" else staff_of(OfficeCode.SERVICE, 2)
        keeper = OfficeCode.RESEARCH if unit == "east" else OfficeCode.SERVICE
        serial = office.free_serials(keeper)[0]
        data = {"lines": [{"position": 1, "key_serial": serial}]}
        office.perform(issuer, identity, "issue_key", data=data)
        office.perform(issuer, identity, "complete", **WHY)
    account = office.account(administrator_of("west")).id
    stand_in(office, "west", administrator_of("agency"))
    said = {"key_serial": office.free_serials(OfficeCode.RESEARCH)[0]}
    office.perform(RESEARCH, account, "issue_key", model=Account, data=said)
    office.perform(INFO, account, "suspend", model=Account, **WHY)
    office.perform(RESEARCH, account, "restore", model=Account, **WHY)
    key = office.session.query(Key).filter_by(holder_id=account).one().id
    for action in ("take_back", "stock", "destroy"):
        office.perform(RESEARCH, key, action, model=Key, **WHY)
    office.perform(INFO, account, "cancel", model=Account, **WHY)
    lost = office.session.query(Key).filter_by(state="issued", office_code="SERVICE").one().id
    office.perform(SERVICE, lost, "report_lost", model=Key, **WHY)
    exchange_key(office, lost, office.free_serials(OfficeCode.SERVICE)[0], SERVICE, **WHY)
    free = office.free_serials(OfficeCode.RESEARCH)[0]
    sent = office.session.query(Key).filter_by(serial=free).one().id
    for who, action in (
        (RESEARCH, "transfer"),
        (RESEARCH, "recall"),
        (RESEARCH, "transfer"),
        (SERVICE, "accept"),
        (SERVICE, "miss"),
        (SERVICE, "recover"),
    ):
        data = {"office_code": "SERVICE"} if action == "transfer" else {}
        office.perform(who, sent, action, model=Key, data=data, **WHY)
    office.perform("east.admin", case(office, "east.admin"), "close", model=Case, **WHY)
    delete_case(office, case(office, "east.admin"))
    office.done["cases", "cases:deleted"] += 1
    for last in (("abandon",), ("compare", "settle", "finish")):
        with office.acting(RESEARCH) as actor:
            count = begin_count(office.session, {}, actor=actor, now=office.now).id
        serials = [*office.free_serials(OfficeCode.RESEARCH), "NOWHERE-1"]
        given = {"count": {"serials": serials}, "settle": {"serial": "NOWHERE-1"}}
        for action in ("count", *last):
            data = given.get(action, {})
            office.perform(RESEARCH, count, action, model=StockTake, data=data, **WHY)
    active = office.session.query(Account).filter_by(
        state="active", organization_id=office.organization("east").id
    )
    file, who = opened(office), {"borrower": active.first().login_name, "purpose": "核对"}
    due = who | {"due_on": office.now.date().isoformat()}
    for action, data in (
        ("shelve", PLACE),
        ("move", PLACE | {"box": "A-02"}),
        ("consult", who),
        ("lend", due),
        ("give_back", {"condition": "完好"}),
        ("keep", {"retention": "years_10"}),
    ):
        office.perform(RESEARCH, file, action, model=ArchiveFile, data=data, **WHY)
    later = office.now.replace(year=office.now.year + 11)
    office.perform(RESEARCH, file, "destroy", model=ArchiveFile, now=later, **WHY)
    for kind in APPLICATIONS:
        if kind not in {ApplicationKind.NEW_USER, ApplicationKind.ENTERPRISE_USER}:
            everything_on_a_form(office, kind)


@pytest.fixture(scope="module")
def trail(
    app: Flask,
    backend: Backend,
    staffed: str,
    touched: dict[str, bool],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Counted, str]]:
    """An office where everything has been done that can be done, and what was logged meanwhile.

    Every statement is logged, as when an operator looks for what is slow.
    """
    disconnect(app)
    backend.restore(staffed)
    touched["database"] = True
    lines: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: lines.append(record.getMessage())
    loggers = {logging.getLogger(): logging.DEBUG}
    loggers[logging.getLogger("sqlalchemy.engine")] = logging.INFO
    levels = {logger: logger.level for logger in loggers}
    for logger, level in loggers.items():
        logger.addHandler(handler)
        logger.setLevel(level)
    with app.app_context():
        session = db.session()
        with acting(session, SETUP):
            office = Counted(session)
            try:
                everything_that_can_be_done(office)
                taken_over(office, tmp_path_factory.mktemp("lists"))
            finally:
                for logger, level in levels.items():
                    logger.removeHandler(handler)
                    logger.setLevel(level)
            yield office, "\n".join(lines)
            session.rollback()


def subject_of(office: Office, event: AuditEvent) -> str:
    """Which lifecycle an event tells of."""
    if event.subject_type != "application":
        return event.subject_type
    return office.session.get_one(Application, event.subject_id).kind.value


def acts_told(office: Office) -> list[tuple[tuple[str, str], AuditEvent]]:
    told = [((subject_of(office, e), e.tag), e) for e in office.events() if e.subject_id]
    return [(place, event) for place, event in told if place in TRANSITIONS]


# --- One event for every act


def test_every_act_of_every_lifecycle_has_been_done_in_this_office(trail: tuple[Counted, str]):
    office, _log = trail
    assert {place for place, _event in acts_told(office)} == set(TRANSITIONS)


def test_every_act_has_exactly_one_event(trail: tuple[Counted, str]):
    office, _log = trail
    told = Counter(place for place, e in acts_told(office) if e.actor_label != SETUP.name)
    automatic = {place for place, act in TRANSITIONS.items() if act.automatic}
    for place, times in office.done.items():
        if place not in automatic | WITHIN_OTHERS:
            assert told[place] == times, place
        assert told[place] >= times or place in automatic, place
    activated, replaced = told["account", "account:activated"], told["key", "key:replaced"]
    assert activated >= 3
    assert told["key", "key:issued"] == activated + replaced


def test_every_event_of_an_act_has_the_acts_rule_and_article_and_both_states(
    trail: tuple[Counted, str],
):
    office, _log = trail
    for place, event in acts_told(office):
        act = TRANSITIONS[place]
        assert event.outcome == AuditOutcome.DONE
        assert (event.rule, event.article) == (act.rule, act.article), place
        assert event.actor_id or place == BY_A_JOB
        assert event.at == office.now or place == IN_TEN_YEARS
        if act.target and act.interim is None and act.target not in act.sources:
            assert event.old["state"] in act.sources, place
            assert event.new["state"] == act.target, place
        if place in FROM_LISTS:
            assert event.comment == "users.csv: 2", place
        elif act.comment_required:
            assert event.comment == WHY["comment"], place


def test_every_event_has_a_rule_and_says_who_and_about_what(trail: tuple[Counted, str]):
    office, _log = trail
    for event in office.events():
        assert event.rule, event.tag
        assert event.article, event.tag
        assert event.subject_type, event.tag
        assert event.actor_label, event.tag


# --- Nothing secret in it


@pytest.mark.rule("M5")
def test_no_personal_number_and_no_password_is_in_trail_notices_or_log(trail: tuple[Counted, str]):
    office, log = trail
    numbers = {account.citizen_id for account in office.session.query(Account)}
    lines = office.session.query(ApplicationLine)
    numbers |= {line.citizen_id for line in lines if hasattr(line, "citizen_id")}
    assert len(numbers) > 20
    hashes = {account.password_hash for account in office.session.query(Account)}
    said = [log]
    said += [f"{e.old} {e.new} {e.comment} {e.subject_label}" for e in office.events()]
    said += [str(notice.params) for notice in office.session.query(Notice)]
    said += [str(kept.outcome) for kept in office.session.query(IdempotencyKey)]
    whole = "\n".join(said)
    assert "INSERT INTO new_user_line" in whole, "the log of the database was written"
    assert [secret for secret in numbers | hashes if secret and secret in whole] == []


def test_every_event_stands_in_the_order_of_what_happened(trail: tuple[Counted, str]):
    office, _log = trail
    ids = list(office.session.scalars(select(AuditEvent.id).order_by(AuditEvent.id)))
    assert ids == list(range(ids[0], ids[0] + len(ids)))
