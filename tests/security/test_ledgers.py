"""The ledgers: no act without its event, no event without its act, no row changed or deleted."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from app.catalog.enums import ApplicationState, AuditOutcome, Category, OfficeCode
from app.errors import Conflict, DomainError
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.models.kinds.new_user import NewUserLine
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.rows import changes, everything

REG = staff_of(OfficeCode.REG)
APPEND_ONLY = ("audit_event", "key_movement")


@pytest.mark.rule("M5")
def test_an_error_of_the_database_shows_no_personal_number(office: Office):
    """Neither a broken constraint nor a value that cannot even be sent."""
    present = office.account(administrator_of("east"))
    number = present.citizen_id
    values = {
        "name": present.name,
        "login_name": "twin",
        "login_key": "twin",
        "sex": present.sex,
        "citizen_id": number,
        "citizen_id_digest": present.citizen_id_digest,
        "organization_id": present.organization_id,
        "created_at": office.now,
    }
    person = {"application_id": 999, "position": 1, "sex": "neither", "citizen_id": number}
    broken_rows = [
        *(
            Account(**{**values, **wrong})
            for wrong in ({}, {"sex": "?"}, {"created_at": "?"}, {"organization_id": 999})
        ),
        NewUserLine(**person),
        NewUserLine(**{**person, "sex": "male"}),
    ]
    for row in broken_rows:
        office.session.add(row)
        with pytest.raises(StatementError) as broken:
            office.session.flush()
        office.session.rollback()
        assert number not in f"{broken.value} {broken.value.orig} {broken.value!r}"


# --- Never changed


@pytest.mark.rule("X2")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET id = id",
        "UPDATE {table} SET at = at WHERE id = 1",
        "DELETE FROM {table}",
        "DELETE FROM {table} WHERE id = 1",
    ],
)
def test_the_rows_of_a_ledger_are_neither_changed_nor_deleted(
    office: Office, table: str, statement: str
):
    refuse(office, statement.format(table=table))


@pytest.mark.rule("X2")
@pytest.mark.sqlite
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_rows_of_a_ledger_are_not_replaced(office: Office, table: str, verb: str):
    refuse(office, f"{verb} INTO {table} SELECT * FROM {table} WHERE id = 1")


@pytest.mark.rule("X2")
@pytest.mark.postgresql
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_rows_of_a_ledger_are_neither_truncated_nor_overwritten(office: Office, table: str):
    refuse(office, f"TRUNCATE {table}")
    refuse(office, f"TRUNCATE {table} CASCADE")
    refuse(
        office,
        f"INSERT INTO {table} SELECT * FROM {table} WHERE id = 1 "
        "ON CONFLICT (id) DO UPDATE SET at = now()",
    )


def refuse(office: Office, statement: str) -> None:
    table = next(name for name in APPEND_ONLY if name in statement)
    rows = text(f"SELECT * FROM {table} ORDER BY id")
    before = office.session.execute(rows).all()
    assert before
    with pytest.raises(DBAPIError) as refusal:
        office.session.execute(text(statement))
    assert f"rows of {table} are never changed or deleted" in str(refusal.value.orig)
    office.session.rollback()
    assert office.session.execute(rows).all() == before


# --- No act without its event, no event without its act


def break_the_trail(office: Office, condition: str) -> None:
    """Let the database itself refuse to write such events."""
    if office.session.get_bind().dialect.name == "sqlite":
        office.session.execute(
            text(
                "CREATE TRIGGER full_disk BEFORE INSERT ON audit_event "
                f"WHEN {condition} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
            )
        )
    else:
        office.session.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
            )
        )
        office.session.execute(
            text(
                "CREATE TRIGGER full_disk BEFORE INSERT ON audit_event "
                f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION full_disk()"
            )
        )
    office.session.commit()


@pytest.mark.parametrize(
    "condition",
    ["1 = 1", "NEW.outcome = 'done'", "NEW.tag = 'account:granted'", "NEW.tag = 'key:issued'"],
)
def test_an_act_that_cannot_be_put_on_record_does_not_happen(office: Office, condition: str):
    """Also when only the last of the events that it causes cannot be written."""
    tag = condition.rpartition("'account:")[2]
    states = {"granted'": ApplicationState.PASSED}
    identity = office.standing_at(states.get(tag, ApplicationState.CONFIGURED), "east")
    action, keeper = (
        ("configure", OfficeCode.INFO) if tag in states else ("issue_key", OfficeCode.RESEARCH)
    )
    break_the_trail(office, condition)
    before, events = (
        everything(office.session),
        office.count(AuditEvent, AuditEvent.outcome == "done"),
    )
    with pytest.raises((DBAPIError, DomainError)):
        office.do_step(identity, action, keeper)
    office.session.rollback()
    assert changes(before, everything(office.session)) == {}
    assert office.count(AuditEvent, AuditEvent.outcome == "done") == events


def test_a_refusal_is_on_record_though_the_act_was_rolled_back(office: Office):
    identity = office.submitted("east")
    before = everything(office.session)
    with pytest.raises(Conflict):
        office.perform(REG, identity, "approve", expected_version=99, comment="同意")
    assert changes(before, everything(office.session)) == {}
    event = office.last_event()
    assert (event.outcome, event.tag) == (AuditOutcome.REFUSED, "application:approved")
    assert (event.comment, event.new["status"], event.old) == ("同意", 409, None)
    assert event.organization_id == office.organization("east").id


def test_a_drafts_saving_is_on_record_too(office: Office):
    office.draft("east", Category.REGISTRATION)
    event = office.last_event()
    assert (event.tag, event.new["lines"]) == ("application:drafted", 1)
