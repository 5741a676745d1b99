"""A new key for each person whose former one is back or lost; the others are waited for (附件4)."""

from typing import Any

import pytest

from app.catalog.enums import KeyState, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.errors import Refused
from app.models.accounts import Account
from app.models.keys import Key
from tests.support.factories import Office, open_work, staff_of
from tests.support.kinds import WHY, employed, key_of, sent, stock_up

RESEARCH = staff_of(OfficeCode.RESEARCH)
pytestmark = pytest.mark.rule("M9", "A4")


@pytest.fixture
def people(office: Office) -> list[Account]:
    return [employed(office) for _ in range(3)]


@pytest.fixture
def identity(office: Office, people: list[Account]) -> int:
    """A form for all three that has passed its review."""
    lines = [{"login_name": it.login_name} for it in people]
    form = sent(office, ApplicationKind.KEY_REPLACEMENT, lines)
    office.walk(form, until=lambda it: it.state == "passed")
    return form


def act(office: Office, identity: int, action: str, **serials: str) -> Any:
    lines = [{"position": int(at[1:]), "key_serial": it} for at, it in serials.items()]
    return office.perform(RESEARCH, identity, action, data={"lines": lines})


def step(office: Office, identity: int) -> list[str]:
    return [work.action for work in open_work(office.application(identity))]


def lose(office: Office, account: Account) -> None:
    key = office.session.query(Key).filter_by(holder_id=account.id).one()
    office.perform(RESEARCH, key.id, "report_lost", model=Key, comment=WHY)


def test_who_handed_back_or_lost_the_key_is_served_and_the_others_are_named(
    office: Office, people: list[Account], identity: int
):
    _first, lost, waiting = people
    new = stock_up(office, OfficeCode.RESEARCH, 3)
    old = [key_of(office, it) for it in people]
    act(office, identity, "take_back_key", p1=old[0])
    lose(office, lost)
    with pytest.raises(Refused) as refusal:
        act(office, identity, "issue_key", p1=new[0], p2=new[1], p3=new[2])
    (detail,) = refusal.value.details
    assert (detail.field, detail.code) == ("lines.3.key_serial", "former_key_out")
    assert waiting.name in detail.message
    assert office.count(Key, Key.serial.in_(new), Key.state == KeyState.ISSUED) == 0

    assert act(office, identity, "issue_key", p1=new[0], p2=new[1]).state == "passed"
    assert [key_of(office, it) for it in people] == [new[0], new[1], old[2]]
    assert step(office, identity) == ["take_back_key"]
    assert act(office, identity, "take_back_key", p3=old[2]).state == "passed"
    assert step(office, identity) == ["issue_key"]
    assert act(office, identity, "issue_key", p3=new[2]).state == "completed"
    assert step(office, identity) == []
    replaced = {
        key.serial: key.replaced_by_id and office.session.get_one(Key, key.replaced_by_id).serial
        for key in office.session.query(Key).filter(Key.serial.in_(old))
    }
    assert replaced == dict(zip(old, new, strict=True))


def test_a_key_given_on_the_form_is_not_one_that_has_to_come_back(
    office: Office, people: list[Account], identity: int
):
    new = stock_up(office, OfficeCode.RESEARCH, 1)
    act(office, identity, "take_back_key", p1=key_of(office, people[0]))
    act(office, identity, "issue_key", p1=new[0])
    office.perform(RESEARCH, identity, "take_back_key")
    assert key_of(office, people[0]) == new[0]
    assert [key_of(office, it) for it in people[1:]] == ["", ""]
    assert step(office, identity) == ["issue_key"]


def test_keys_all_lost_lead_on_without_anything_to_take_back(
    office: Office, people: list[Account], identity: int
):
    new = stock_up(office, OfficeCode.RESEARCH, 3)
    for account in people:
        lose(office, account)
    assert act(office, identity, "issue_key", p1=new[0]).state == "passed"
    assert step(office, identity) == ["issue_key"]
    assert act(office, identity, "issue_key", p2=new[1], p3=new[2]).state == "completed"
    outcomes = [(it.action, it.outcome) for it in office.application(identity).work_items[1:]]
    assert outcomes == [("take_back_key", "done"), ("issue_key", "done")]


def test_whoever_never_comes_is_left_out_with_a_reason_and_the_rest_is_served(
    office: Office, people: list[Account], identity: int
):
    new = stock_up(office, OfficeCode.RESEARCH, 1)
    held = key_of(office, people[1])
    act(office, identity, "take_back_key", p1=key_of(office, people[0]))
    act(office, identity, "issue_key", p1=new[0])
    done = office.perform(RESEARCH, identity, "complete", comment=WHY)
    assert done.state == "completed"
    lines = office.application(identity).lines
    assert [line.verdict for line in lines] == ["passed", "refused", "refused"]
    assert key_of(office, people[1]) == held
