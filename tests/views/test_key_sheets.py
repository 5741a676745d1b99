"""Sheets for both signatures: what stands on them, who prints them, that it is on record."""

import pytest

from app.models.archives import ArchiveFile
from app.models.audit import AuditEvent
from app.models.keys import Key
from tests.support.archives import shelved
from tests.support.factories import Office
from tests.support.kinds import employed
from tests.support.paper import Paper


def sheet(who, path: str) -> Paper:
    answer = who.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    return Paper(answer.data)


@pytest.fixture
def key(office: Office) -> Key:
    """A key that somebody of east was handed by a form."""
    account = employed(office, "east")
    return office.session.query(Key).filter_by(holder_id=account.id).one()


@pytest.mark.rule("M9")
def test_the_hand_over_sheet_of_a_form_lists_its_keys_for_both_signatures(office, browser, key):
    form = key.application_id
    paper = sheet(browser("research2"), f"/applications/{form}/sheets/hand_over")
    assert paper.sizes() == [(595, 842)]
    words = ["密钥发放单", "城建研究中心", "东城区房屋管理局", office.application(form).number]
    words += ["密钥编号", "用户签收", key.serial, key.holder.name]
    words += ["发放人签字", "领取人签字", "发放单位盖章", "领取单位盖章"]
    for word in words:
        assert word in paper.text(0)
    assert "严禁将用户和密钥转借他人" in paper.text(0)
    event = office.events(AuditEvent.tag == "key:sheet_printed")[0]
    assert event.new == {"sheet": "hand_over", "keys": [key.serial]}
    assert (
        f"/applications/{form}/sheets/hand_over"
        in browser("east.admin").get(f"/applications/{form}").text
    )


@pytest.mark.rule("M9")
def test_the_return_sheet_names_who_gave_the_key_back(office, browser, key):
    holder, serial, identity = key.holder.name, key.serial, key.id
    officer = browser("research1")
    assert officer.get(f"/keys/{identity}/sheets/return").status_code == 404
    office.perform("research1", identity, "take_back", model=Key, comment="离岗")
    paper = sheet(officer, f"/keys/{identity}/sheets/return")
    for word in ("密钥交回单", serial, holder, "离岗", "收回人签字", "交回人签字"):
        assert word in paper.text(0)
    page = officer.get(f"/keys/{identity}").text
    assert f"/keys/{identity}/sheets/return" in page
    assert f"/keys/{identity}/sheets/hand_over" in page


def test_sheets_are_not_for_strangers(browser, key):
    assert browser("service1").get(f"/keys/{key.id}/sheets/hand_over").status_code == 404
    assert browser("east.admin").get(f"/keys/{key.id}/sheets/hand_over").status_code == 403
    assert browser("research1").get(f"/keys/{key.id}/sheets/nothing").status_code == 404
    form = key.application_id
    assert browser("bank.admin").get(f"/applications/{form}/sheets/hand_over").status_code == 404


@pytest.mark.rule("M9")
def test_the_cover_of_an_archive_file_says_where_it_stands_and_what_is_in_it(office, browser):
    identity = shelved(office)
    file = office.session.get_one(ArchiveFile, identity)
    number, form = file.number, file.application_number
    keeper = browser("research1")
    assert f"/archives/{identity}/cover" in keeper.get(f"/archives/{identity}").text
    paper = sheet(keeper, f"/archives/{identity}/cover")
    assert paper.sizes() == [(595, 842)]
    for word in (
        "档案封面",
        number,
        form,
        "A-01",
        "一号库房3架2层",
        "东城区房屋管理局",
        "立卷人签字",
    ):
        assert word in paper.text(0)
    assert office.events(AuditEvent.tag == "archive:cover_printed")[0].subject_id == identity
    assert browser("service1").get(f"/archives/{identity}/cover").status_code == 404
    assert browser("east.admin").get(f"/archives/{identity}/cover").status_code in {403, 404}
