"""`fire()` is the one door for state: nothing else assigns one, and what it does it does once."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text, update

from app.catalog.enums import ApplicationState, KeyState, OfficeCode
from app.errors import BadRequest, Conflict, Forbidden, InvalidInput, NotFound
from app.models.accounts import Account
from app.models.applications import Application
from app.models.archives import ArchiveFile
from app.models.cases import Case
from app.models.keys import Key
from app.models.stock import StockTake
from app.services.stock_takes import begin_count
from app.workflow.door import SUBJECTS, StateDoorError, door_open, lifecycle_of
from app.workflow.engine import transitions_of
from tests.support.archives import opened
from tests.support.cases import case
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.rows import changes, everything

REG, INFO = staff_of(OfficeCode.REG), staff_of(OfficeCode.INFO)
RESEARCH = staff_of(OfficeCode.RESEARCH)


def begun(office: Office) -> int:
    """A count of the stock that has begun; its id."""
    with office.acting(RESEARCH) as actor:
        made = begin_count(office.session, {}, actor=actor, now=office.now)
        office.session.commit()
        return made.id


MADE: dict[type[Any], Callable[[Office], int]] = {
    Application: lambda office: office.draft("east"),
    Case: lambda office: case(office, "east.admin"),
    StockTake: begun,
    ArchiveFile: opened,
}
"""How a row comes to be where the office does not begin with one."""


def one(office: Office, model: type[Any]) -> Any:
    """Some row of the model."""
    if model in MADE:
        return office.session.get_one(model, MADE[model](office))
    return office.session.query(model).order_by(model.id).first()


def states(model: type[Any]) -> Any:
    """The vocabulary of the model's states."""
    return model.__table__.c.state.type.enum_class


def elsewhere(row: Any) -> Any:
    """A state that the row is not in."""
    return next(state for state in states(type(row)) if state != row.state)


# --- Nothing else assigns a state


@pytest.mark.parametrize("model", SUBJECTS)
def test_no_other_code_assigns_a_state(office: Office, model: type[Any]):
    row = one(office, model)
    for value in (elsewhere(row), row.state, str(elsewhere(row)), None):
        with pytest.raises(StateDoorError):
            row.state = value


@pytest.mark.parametrize("model", SUBJECTS)
def test_not_even_back_to_the_beginning_nor_out_of_the_session(office: Office, model: type[Any]):
    row = one(office, model)
    initial = lifecycle_of(row).initial
    office.session.expire(row)
    with pytest.raises(StateDoorError):
        row.state = initial
    office.session.refresh(row)
    office.session.expunge(row)
    with pytest.raises(StateDoorError):
        row.state = initial
    office.session.add(row)
    office.session.expire(row)
    office.session.expunge(row)
    with pytest.raises(StateDoorError):
        row.state = initial


@pytest.mark.parametrize("model", SUBJECTS)
def test_a_new_row_begins_at_the_beginning(model: type[Any]):
    kind = (
        Application.__mapper__.polymorphic_map["new_user"].class_ if model is Application else model
    )
    initial = lifecycle_of(kind()).initial
    assert kind(state=states(model)(initial)).state == initial
    for state in states(model):
        if state != initial:
            with pytest.raises(StateDoorError):
                kind(state=state)


@pytest.mark.parametrize("model", SUBJECTS)
def test_no_session_updates_a_state_in_bulk(office: Office, model: type[Any]):
    row = one(office, model)
    value, table = elsewhere(row), model.__table__
    for statement in (
        update(model).values(state=value),
        update(model).values({model.state: value}).where(model.id == row.id),
        update(table).values(state=value),
        update(table).values({table.c.state: value}),
        update(model).ordered_values((model.state, value)),
    ):
        with pytest.raises(StateDoorError):
            office.session.execute(statement)
    with pytest.raises(StateDoorError):
        office.session.execute(update(model), [{"id": row.id, "state": value}])
    with pytest.raises(StateDoorError):
        office.session.query(model).update({"state": value})
    office.session.execute(update(table).values(version=table.c.version))


def test_what_fires_set_wise_opens_the_door_by_name_and_it_shuts_again(office: Office):
    statement = update(Key).values(state=KeyState.DESTROYED)
    with door_open():
        office.session.execute(statement)
    with pytest.raises(StateDoorError):
        office.session.execute(statement)


def test_sql_in_words_is_out_of_the_listeners_reach(office: Office):
    """No code writes any; the constraints of the database hold there all the same."""
    key = one(office, Key)
    office.session.execute(text("UPDATE key SET state = 'lost' WHERE id = :id"), {"id": key.id})
    office.session.refresh(key)
    assert key.state == KeyState.LOST


def test_a_refused_act_leaves_the_door_shut(office: Office):
    identity = office.submitted("east")
    with pytest.raises(Forbidden):
        office.perform(staff_of(OfficeCode.MKT), identity, "approve")
    with pytest.raises(StateDoorError):
        office.application(identity).state = ApplicationState.PASSED


# --- Acts and their names


@pytest.mark.parametrize(
    "action", ["", "approve ", "APPROVE", "__init__", "\x00", "中", "x" * 500, "complete;drop"]
)
def test_an_act_that_does_not_exist_is_a_bad_request_and_on_record(office: Office, action: str):
    identity = office.submitted("east")
    with pytest.raises(BadRequest) as refusal:
        office.perform(REG, identity, action)
    assert refusal.value.code == "unknown_action"
    event = office.refusals()[-1]
    assert (event.subject_id, event.new["code"]) == (identity, "unknown_action")


@pytest.mark.parametrize(
    ("model", "action", "data"),
    [
        (Account, "activate", None),
        (Key, "issue", {"holder_id": 1}),
        (Application, "configure", None),
    ],
)
def test_no_person_fires_what_happens_by_itself(
    office: Office, model: type[Any], action: str, data: Any
):
    row = one(office, model)
    if model is Application:
        row = office.application(office.submitted("developer"))
    assert action not in {act.action for act in transitions_of(row)}
    before = everything(office.session)
    with pytest.raises(Forbidden):
        office.perform(office.almighty(INFO), row.id, action, model=model, data=data)
    assert changes(before, everything(office.session)) == {}


def test_an_act_on_what_does_not_exist_or_is_out_of_reach_is_not_found(office: Office):
    identity = office.draft("east")
    stranger = administrator_of("west")
    with pytest.raises(NotFound):
        office.perform(stranger, 999_999, "withdraw")
    with pytest.raises(NotFound):
        office.perform(stranger, identity, "withdraw")
    assert office.refusals()[-1].subject_id == identity


def test_an_act_that_does_not_fit_the_state_is_a_conflict_that_names_the_state(office: Office):
    identity = office.draft("east")
    with pytest.raises(Conflict) as refusal:
        office.perform(office.almighty(administrator_of("east")), identity, "approve")
    assert refusal.value.params["state"].msgid == "Draft"
    assert refusal.value.status == 409


# --- What came with the act


@pytest.mark.parametrize("data", [[], "text", 7, [{"lines": []}], True])
def test_data_that_is_no_object_is_refused(office: Office, data: Any):
    identity = office.submitted("east")
    if not data:
        return  # nothing at all is an empty object
    with pytest.raises(InvalidInput) as refusal:
        office.perform(REG, identity, "approve", data=data)
    assert [(d.field, d.code) for d in refusal.value.details] == [("data", "not_an_object")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("comment", "x" * 2001, "text_too_long"),
        ("comment", "a\x00b", "control_character"),
        ("comment", "a\x1bb", "control_character"),
        ("comment", "\ud800", "control_character"),
        ("comment", 7, "not_text"),
        ("idempotency_key", "x" * 81, "text_too_long"),
        ("idempotency_key", "\x00", "control_character"),
        ("idempotency_key", "a\nb", "control_character"),
        ("idempotency_key", "\udfff", "control_character"),
        ("idempotency_key", ["a"], "not_text"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name_and_on_record(
    office: Office, field: str, value: Any, code: str
):
    identity = office.submitted("east")
    with pytest.raises(InvalidInput) as refusal:
        office.perform(REG, identity, "approve", **{field: value})
    assert [(d.field, d.code) for d in refusal.value.details] == [(field, code)]
    assert office.refusals()[-1].new["code"] == "invalid_input"
    assert office.application(identity).state == ApplicationState.SUBMITTED
