"""The key office's desk at the pages: deliveries, parcels, counts, balances (M9, 第九条)."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.catalog.enums import KeyState
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.stock import StockTake
from app.services.key_intake import titles
from tests.support.factories import Office
from tests.support.pages import Browser

Enter = Callable[..., Browser]
JSON = {"Accept": "application/json"}


def states(office: Office, *serials: str) -> list[KeyState]:
    office.session.expire_all()
    keys = office.session.scalars(select(Key).where(Key.serial.in_(serials)).order_by(Key.serial))
    return [key.state for key in keys]


@pytest.mark.rule("M9")
def test_a_file_is_judged_row_by_row_and_nothing_is_saved_before_one_says_so(browser, office):
    there = browser("research1")
    before = office.count(Key)
    heading = titles()[0]
    sheet = io.BytesIO(f"{heading}\nGM-1\nGM-1\nRESEARCH-0001\n?\nGM-2\n".encode())

    answer = there.post("/keys/add", {"file": (sheet, "delivery.csv"), "comment": "甲批"})

    assert answer.status_code == 200
    assert office.count(Key) == before
    assert answer.text.count('tone-bad">') == 2
    assert answer.text.count('tone-warn">') == 1
    assert 'value="good"' in answer.text
    assert 'value="all"' not in answer.text


@pytest.mark.rule("M9")
def test_the_good_part_is_taken_in_and_the_same_delivery_again_doubles_nothing(browser, office):
    there = browser("research1")
    form = {"serials": "GM-1 GM-1 ? GM-2", "comment": "甲批"}

    refused = there.post("/keys/add", {**form, "take": "all"})
    assert refused.status_code == 422
    assert states(office, "GM-1", "GM-2") == []

    assert there.post("/keys/add", {**form, "take": "good"}).status_code == 303
    assert states(office, "GM-1", "GM-2") == [KeyState.IN_STOCK] * 2
    count = office.count(Key)

    again = there.post("/keys/add", {"serials": "GM-1\nGM-2", "take": "all"})
    assert again.status_code == 303
    assert office.count(Key) == count


@pytest.mark.rule("M9")
def test_a_key_in_the_other_offices_books_is_a_fault_and_not_left_out(browser, office):
    answer = browser("research1").post("/keys/add", {"serials": "SERVICE-0001", "take": "all"})

    assert answer.status_code == 422
    assert states(office, "SERVICE-0001") == [KeyState.IN_STOCK]


def test_a_scanner_is_answered_line_by_line(browser, office):
    there = browser("research1")
    before = office.count(Key)

    answer = there.post("/key_desk/intake/check", {"serials": "GM-9 RESEARCH-0001 ?"}, headers=JSON)

    assert [line["tone"] for line in answer.json["lines"]] == ["good", "warn", "bad"]
    assert office.count(Key) == before


@pytest.mark.rule("M9")
def test_a_parcel_goes_to_the_other_office_and_is_accepted_there(browser, office):
    sender, receiver = browser("research1"), browser("service1")
    form = {"office_code": "SERVICE", "comment": "调剂"}
    assert sender.get("/key_desk/transfer").status_code == 200

    wrong = sender.post(
        "/key_desk/transfer", {**form, "serials": "RESEARCH-0001..RESEARCH-0009 SERVICE-0002"}
    )
    assert wrong.status_code == 422
    assert "RESEARCH-0009" in wrong.text
    assert states(office, "RESEARCH-0001") == [KeyState.IN_STOCK]

    sent = sender.post(
        "/key_desk/transfer", {**form, "serials": "RESEARCH-0001..RESEARCH-0003 research-0005"}
    )
    assert sent.status_code == 303
    assert states(office, "RESEARCH-0001", "RESEARCH-0005") == [KeyState.IN_TRANSIT] * 2
    assert "4" in receiver.get("/key_desk/transfer").text
    assert receiver.post("/key_desk/accept", {}).status_code == 303

    office.session.expire_all()
    moved = office.session.scalars(select(Key).where(Key.serial == "RESEARCH-0003")).one()
    assert (moved.state, moved.office_code) == (KeyState.IN_STOCK, "SERVICE")


@pytest.mark.parametrize(
    "serials", ["", "RESEARCH-0003..RESEARCH-0001", "A1..B2", "RESEARCH-0001..", "X1..X999999"]
)
def test_what_is_no_list_and_no_range_is_refused_with_words(browser, office, serials):
    form = {"office_code": "SERVICE", "comment": "调剂", "serials": serials}

    answer = browser("research1").post("/key_desk/transfer", form)

    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert office.count(Key, Key.state == KeyState.IN_TRANSIT) == 0


@pytest.mark.rule("M9")
@pytest.mark.parametrize("path", ["/key_desk/transfer", "/keys/add", "/stock_accounts/"])
@pytest.mark.parametrize("login", ["reg1", "info1", "east.admin"])
def test_the_desk_is_the_key_offices_alone(browser, path, login):
    assert browser(login).get(path).status_code == 403


@pytest.mark.rule("M9")
def test_the_balance_shows_its_sum_leads_to_the_ledger_and_is_exported_on_record(browser, office):
    there = browser("research1")
    period = "since=2026-03-01&until=2026-03-31"

    page = there.get(f"/stock_accounts/?{period}")
    assert page.status_code == 200
    assert "/key_movements/?action=stock" in page.text.replace("&amp;", "&")
    ledger = there.get(
        "/key_movements/?action=stock&office_code=RESEARCH&at__between=2026-03-01..2026-03-31"
    )
    assert ledger.status_code == 200

    for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        file = there.get(f"/stock_accounts/export.{kind}?{period}")
        assert file.data.startswith(start)
    tags = select(AuditEvent.tag).order_by(AuditEvent.id.desc()).limit(2)
    assert set(office.session.scalars(tags)) == {"stock_account:exported"}


@pytest.mark.parametrize(
    "asked", ["since=x", "since=2026-03-02&until=2026-03-01", "until=9999-99-99", "office=REG"]
)
def test_a_period_that_is_none_is_named(browser, asked):
    answer = browser("auditor").get(f"/stock_accounts/?{asked}")

    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text


@pytest.mark.rule("M9")
def test_no_office_reads_anothers_balance(browser):
    assert browser("research1").get("/stock_accounts/?office=SERVICE").status_code == 403
    assert browser("auditor").get("/stock_accounts/?office=SERVICE").status_code == 200


@pytest.mark.rule("M9")
def test_a_stock_is_counted_with_a_scanner_and_its_differences_are_settled(browser, office):
    there = browser("research1")
    assert there.post("/stock_takes/add", {"note": "季末"}).status_code == 303
    count = office.session.scalars(select(StockTake)).one()
    here = f"/stock_takes/{count.id}"

    told = there.post(f"{here}/count", {"serials": "RESEARCH-0001 NOWHERE-1"}, headers=JSON)
    assert [line["tone"] for line in told.json["lines"]] == ["good", "bad"]
    office.session.expire_all()
    assert told.json["version"] == office.session.get_one(StockTake, count.id).version
    there.post(f"{here}/count", {"serials": "RESEARCH-0002\nRESEARCH-0003"})
    assert there.get(here).status_code == 200
    version = office.session.get_one(StockTake, count.id).version
    assert there.post(f"{here}/actions/compare", {"version": str(version)}).status_code == 303

    page = there.get(here).text
    assert "RESEARCH-0004" in page
    for serial, by in (("RESEARCH-0004", "miss"), ("NOWHERE-1", "explain")):
        there.post(f"{here}/settle", {"serial": serial, "by": by, "comment": "核实"})
    assert states(office, "RESEARCH-0004") == [KeyState.LOST]
    assert browser("service1").get(here).status_code == 404
    assert browser("auditor").get(here).status_code == 200


@pytest.mark.rule("M9")
def test_the_chain_of_custody_is_a_file_for_the_auditor_and_its_export_is_on_record(
    browser, office
):
    key = office.session.query(Key).filter_by(serial="RESEARCH-0001").one()
    for action in ("miss", "recover"):
        office.perform("research1", key.id, action, model=Key, comment="=1+1")

    file = browser("auditor").get(f"/keys/{key.id}/custody.csv")

    lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 4
    assert "=1+1" in lines[-1]
    assert ",=1+1" not in lines[-1]
    assert office.last_event().tag == "key:custody_exported"
    assert browser("east.admin").get(f"/keys/{key.id}/custody.csv").status_code == 403
    assert browser("service1").get(f"/keys/{key.id}/custody.csv").status_code == 404
