"""Who sees which rows, role by role and model by model, against sets worked out in plain Python."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import OfficeCode
from app.catalog.permissions import Permission, RoleName
from app.extensions import db
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.audit import AuditEvent, IdempotencyKey, NumberSeries
from app.models.base import Base
from app.models.cases import Case
from app.models.grants import AccountGrant
from app.models.jobs import JobRun
from app.models.key_credentials import KeyChallenge, KeyCredential
from app.models.keys import Key, KeyMovement
from app.models.materials import Material, PaperCheck
from app.models.notices import Notice
from app.models.offices import District, OfficeDuty
from app.models.offices import Office as OfficeRow
from app.models.organizations import Organization
from app.models.permissions import PermissionItem, Post
from app.models.prints import PrintCopy
from app.models.regulations import (
    Article,
    CatalogueRevision,
    KindInfo,
    PaperRequirement,
    Pledge,
    RoadStep,
)
from app.models.scans import Scan, ScanPage
from app.models.stock import StockLevel, StockTake, StockTakeLine
from app.models.work import LineDecision, Remark, WorkItem
from app.security.actor import ACTOR, Actor, acting
from app.security.scopes import SCOPES
from tests.conftest import disconnect
from tests.support.archives import archives_within_reach
from tests.support.cases import within_reach
from tests.support.counter import bindings_within_reach
from tests.support.databases import Backend
from tests.support.factories import SETUP, UNITS, Office, administrator_of, staff, staff_of
from tests.support.paper_desk import trays_within_reach
from tests.support.populate import HOLDER, populate
from tests.support.threads import at_once

UNSCOPED: dict[type[Any], str] = {
    District: "the same for everybody",
    OfficeRow: "the same for everybody",
    OfficeDuty: "the same for everybody (M3)",
    Article: "the Measures are public",
    Pledge: "the Measures are public",
    KindInfo: "the Measures are public",
    PaperRequirement: "the Measures are public",
    RoadStep: "the Measures are public",
    PermissionItem: "the annexes are public",
    Post: "the annexes are public",
    CatalogueRevision: "a token of the rules' present state",
    NumberSeries: "a counter that names nobody",
}
"""Models that hold nothing of an organisation's, each with the reason."""

LOGINS = [*(login for login, *_rest in staff()), HOLDER]
OWN_STOCK = {OfficeCode.RESEARCH, OfficeCode.SERVICE}


def mapped() -> list[type[Any]]:
    """Every model of the product's own, subclasses of a scoped one apart."""
    models = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)]
    return [m for m in models if not any(m is not s and issubclass(m, s) for s in SCOPES)]


# --- An office with something of everything in it


@pytest.fixture(scope="module")
def world(
    app: Flask, backend: Backend, staffed: str, touched: dict[str, bool]
) -> Iterator[tuple[Session, Office]]:
    """The office at work, looked at by many and changed by nobody."""
    disconnect(app)
    backend.restore(staffed)
    touched["database"] = True
    with app.app_context():
        session = db.session()
        with acting(session, SETUP):
            office = Office(session)
            populate(office)
            yield session, office
            session.rollback()


def rows(session: Session, model: type[Any]) -> list[Any]:
    """Every row there is, as the system sees it."""
    return list(session.scalars(select(model)).unique())


# --- What each should see, said once more in plain Python


def oracle(session: Session, model: type[Any], who: Actor) -> set[int]:
    """The ids that this person should see."""
    kept = BY_MODEL[model](session, who)
    if who.may(Permission.AUDIT_EVENTS_LIST) and model is not Notice:
        return {row.id for row in rows(session, model)}
    return {row.id for row in rows(session, model) if kept(row)}


def manages(who: Actor) -> bool:
    return RoleName.ORGANIZATION_ADMINISTRATOR.value in who.roles


def is_security(who: Actor) -> bool:
    return RoleName.SECURITY_ADMINISTRATOR.value in who.roles


def _organizations(_session: Session, who: Actor) -> Callable[[Any], bool]:
    everywhere = who.office or is_security(who) or RoleName.SYSTEM_ADMINISTRATOR.value in who.roles
    own = who.organization_id
    return lambda row: bool(everywhere) or own in {row.id, row.parent_id}


def _accounts(_session: Session, who: Actor) -> Callable[[Any], bool]:
    if who.office or is_security(who):
        return lambda _row: True
    if manages(who):
        return lambda row: row.organization_id == who.organization_id
    return lambda row: row.id == who.account_id


def _grants(session: Session, who: Actor) -> Callable[[Any], bool]:
    seen = oracle(session, Account, who)
    return lambda row: row.account_id in seen


def _keys(session: Session, who: Actor) -> Callable[[Any], bool]:
    if is_security(who):
        return lambda _row: True
    if who.office:
        ends = {who.office}
        return lambda row: (
            who.office not in OWN_STOCK
            or bool(ends & {row.office_code, row.destination_code})
            or row.last_holder_id == who.account_id
        )
    seen = oracle(session, Account, who)
    return lambda row: row.last_holder_id in seen


def _movements(_session: Session, who: Actor) -> Callable[[Any], bool]:
    return lambda row: (
        who.office in OWN_STOCK and who.office in {row.office_code, row.counterpart_code}
    )


def _own_stock(_session: Session, who: Actor) -> Callable[[Any], bool]:
    return lambda row: who.office in OWN_STOCK and row.office_code == who.office


def _of_count(session: Session, who: Actor) -> Callable[[Any], bool]:
    seen = oracle(session, StockTake, who)
    return lambda row: row.stock_take_id in seen


def _applications(session: Session, who: Actor) -> Callable[[Any], bool]:
    came = {w.application_id for w in rows(session, WorkItem) if w.duty in who.duties}
    return lambda row: (
        (manages(who) and row.organization_id == who.organization_id)
        or (bool(who.office) and row.id in came and row.state != "draft")
    )


def _cases(session: Session, who: Actor) -> Callable[[Any], bool]:
    return within_reach({row.id: row for row in rows(session, Organization)}, who)


def _of_application(session: Session, who: Actor) -> Callable[[Any], bool]:
    seen = oracle(session, Application, who)
    return lambda row: row.application_id in seen


def _work(session: Session, who: Actor) -> Callable[[Any], bool]:
    follows = _of_application(session, who)
    return lambda row: follows(row) or (bool(who.office) and row.duty in who.duties)


def _decisions(session: Session, who: Actor) -> Callable[[Any], bool]:
    seen = oracle(session, ApplicationLine, who)
    return lambda row: row.line_id in seen


BY_MODEL: dict[type[Any], Callable[[Session, Actor], Callable[[Any], bool]]] = {
    Organization: _organizations,
    Account: _accounts,
    AccountGrant: _grants,
    Key: _keys,
    KeyMovement: _movements,
    KeyCredential: bindings_within_reach,
    KeyChallenge: lambda _session, _who: lambda _row: False,
    StockLevel: _own_stock,
    StockTake: _own_stock,
    StockTakeLine: _of_count,
    Application: _applications,
    Case: _cases,
    ArchiveFile: archives_within_reach,
    ArchiveLoan: archives_within_reach,
    ApplicationLine: _of_application,
    WorkItem: _work,
    LineDecision: _decisions,
    Remark: _of_application,
    Material: _of_application,
    PaperCheck: _of_application,
    PrintCopy: _of_application,
    Scan: trays_within_reach,
    ScanPage: lambda session, who: lambda row: row.scan_id in oracle(session, Scan, who),
    Notice: lambda _session, who: lambda row: row.account_id == who.account_id,
    IdempotencyKey: lambda _session, who: lambda row: row.actor_id == who.account_id,
    AuditEvent: lambda _session, _who: lambda _row: False,
    JobRun: lambda _session, who: (
        lambda row: who.may(Permission.CATALOGUE_LIST) or row.requested_by_id == who.account_id
    ),
}


# --- The tests


def test_every_model_has_a_scope_or_a_reason_why_it_needs_none():
    assert set(mapped()) - set(SCOPES) == set(UNSCOPED)
    assert set(SCOPES) & set(UNSCOPED) == set()


def test_no_unscoped_model_points_to_a_person_a_unit_or_an_application():
    told = {"account", "organization", "application", "key"}
    pointing = {
        f"{model.__tablename__}.{column.name}"
        for model in UNSCOPED
        for column in model.__table__.columns
        for key in column.foreign_keys
        if key.column.table.name in told
    }
    assert pointing - {"office.organization_id"} == set()


def test_every_scope_has_an_expectation_here_and_rows_to_try_it_on(world: tuple[Session, Office]):
    session, _office = world
    assert set(BY_MODEL) == set(SCOPES)
    assert [model.__name__ for model in BY_MODEL if not rows(session, model)] == []


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("model", BY_MODEL, ids=lambda model: model.__name__)
def test_everybody_sees_exactly_the_rows_within_reach(
    world: tuple[Session, Office], model: type[Any], login: str
):
    session, office = world
    who = office.actor(login)
    wanted = oracle(session, model, who)
    with acting(session, who):
        assert set(session.scalars(select(model.id))) == wanted


@pytest.mark.parametrize("model", BY_MODEL, ids=lambda model: model.__name__)
def test_without_an_actor_nothing_is_seen(world: tuple[Session, Office], model: type[Any]):
    session, _office = world
    known = rows(session, model)[0].id
    present = session.info.pop(ACTOR)
    try:
        session.expunge_all()
        assert session.scalars(select(model.id)).all() == []
        assert session.get(model, known) is None
        assert session.query(model).count() == 0
    finally:
        session.info[ACTOR] = present


@pytest.mark.parametrize("model", BY_MODEL, ids=lambda model: model.__name__)
def test_nobody_in_particular_sees_nothing_of_anybodys(
    world: tuple[Session, Office], model: type[Any]
):
    session, _office = world
    with acting(session, Actor(name="nobody")):
        assert session.scalars(select(model.id)).all() == []


def test_the_subclasses_of_a_scoped_model_are_narrowed_as_well(world: tuple[Session, Office]):
    session, office = world
    for base in (Application, ApplicationLine):
        for mapper in base.__mapper__.self_and_descendants:
            for login in (administrator_of("east"), staff_of(OfficeCode.REG), HOLDER):
                who = office.actor(login)
                wanted = oracle(session, base, who)
                with acting(session, who):
                    assert set(session.scalars(select(mapper.class_.id))) <= wanted


def test_a_kept_statement_asks_for_each_actor_anew(world: tuple[Session, Office]):
    """The same statement object, compiled once, alternating between everybody, a hundred times."""
    session, office = world
    everybody = [office.actor(login) for login in LOGINS]
    statements = {model: select(model.id) for model in (Application, Account, Key)}
    wanted = {
        (model, who.name): oracle(session, model, who) for model in statements for who in everybody
    }
    for turn in range(100):
        who = everybody[turn * 7 % len(everybody)]
        with acting(session, who):
            for model, statement in statements.items():
                assert set(session.scalars(statement)) == wanted[model, who.name]


def test_threads_do_not_lend_one_another_their_sight(app: Flask, world: tuple[Session, Office]):
    session, office = world
    statement = select(Application.id)
    logins = ["east.admin", "west.admin", "bank.admin", staff_of(OfficeCode.REG)]
    expected = {login: oracle(session, Application, office.actor(login)) for login in logins}
    actors = {login: office.actor(login) for login in logins}

    def look(login: str) -> Callable[[Session], bool]:
        def run(own: Session) -> bool:
            for _turn in range(50):
                with acting(own, actors[login]):
                    if set(own.scalars(statement)) != expected[login]:
                        return False
            return True

        return run

    session.rollback()
    assert at_once(app, *(look(login) for login in logins)) == [True] * 4


def test_what_a_row_leads_to_is_narrowed_when_it_is_loaded(world: tuple[Session, Office]):
    session, office = world
    unit = office.organization("west").id
    session.expunge_all()
    with acting(session, office.actor(administrator_of("west"))):
        for application in session.scalars(select(Application)):
            assert application.organization_id == unit
            assert application.lines
            for work in application.work_items:
                assert work.closed_by is None, "an officer's account is not the unit's to see"
            for line in application.lines:
                assert line.application is application


def test_get_does_not_find_what_is_out_of_reach(world: tuple[Session, Office]):
    session, office = world
    foreign = office.account(administrator_of("east")).id
    session.expunge_all()
    with acting(session, office.actor(administrator_of("west"))):
        assert session.get(Account, foreign) is None
        assert session.get(Organization, office.actor("west.admin").organization_id)


def test_a_row_in_hand_stays_in_hand_though_the_actor_changes(world: tuple[Session, Office]):
    """A session is one request's and has one actor: what it has loaded it can refresh."""
    session, office = world
    account = office.account(administrator_of("east"))
    with acting(session, office.actor(administrator_of("west"))):
        session.refresh(account)
        assert account.login_name == "east.admin"


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_sees_no_account_and_no_application_of_another(
    world: tuple[Session, Office], unit: str
):
    session, office = world
    who = office.actor(administrator_of(unit))
    with acting(session, who):
        for model in (Account, Application):
            assert set(session.scalars(select(model.organization_id))) <= {who.organization_id}
