"""The inbox: what one was told, in one's language, and nobody else's."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.keys import Key
from app.models.notices import Notice
from app.workflow.notices import NOTICES
from tests.support.factories import Office
from tests.support.pages import Browser

Enter = Callable[..., Browser]


def notices_of(session: Session, office: Office, login: str) -> list[Notice]:
    session.expire_all()
    own = Notice.account_id == office.account(login).id
    return list(session.scalars(select(Notice).where(own).order_by(Notice.id)))


@pytest.mark.rule("M5.1")
def test_the_applicant_is_told_of_each_step_with_the_way_to_the_form(
    browser: Enter, office: Office, session: Session
) -> None:
    identity = office.submitted("east")
    office.perform("reg1", identity, "return", data={"remarks": []}, comment="请补盖章")
    number = office.application(identity).number
    newest = notices_of(session, office, "east.admin")[-1].id
    who = browser("east.admin")

    page = unescape(who.get("/inbox/").text)

    assert number in page
    assert "请补盖章" in page
    opened = who.get(f"/inbox/{newest}")
    assert opened.location == f"/applications/{identity}"
    assert notices_of(session, office, "east.admin")[-1].read_at is not None


def test_reading_takes_a_notice_off_the_count(
    browser: Enter, office: Office, session: Session
) -> None:
    for _ in range(2):
        office.submitted("east")
    who = browser("east.admin")
    unread = [it for it in notices_of(session, office, "east.admin") if it.read_at is None]
    assert f'class="dot num" aria-hidden="true">{len(unread)}<' in who.get("/").text

    who.get(f"/inbox/{unread[0].id}")
    assert f'class="dot num" aria-hidden="true">{len(unread) - 1}<' in who.get("/").text
    who.post("/inbox/read")

    assert "dot num" not in who.get("/").text
    assert all(it.read_at for it in notices_of(session, office, "east.admin"))


def test_anothers_notices_are_not_there(browser: Enter, office: Office, session: Session) -> None:
    office.submitted("east")
    notice = notices_of(session, office, "east.admin")[-1].id
    who = browser("west.admin")

    assert who.get(f"/inbox/{notice}").status_code == 404
    who.post("/inbox/read")
    assert notices_of(session, office, "east.admin")[-1].read_at is None


def test_reviewers_are_not_told_of_their_own_acts(
    browser: Enter, office: Office, session: Session
) -> None:
    identity = office.submitted("east")
    before = len(notices_of(session, office, "reg1"))

    office.perform("reg1", identity, "approve")

    assert len(notices_of(session, office, "reg1")) == before


def test_many_notices_come_in_pages(browser: Enter, office: Office, session: Session) -> None:
    for _ in range(12):
        identity = office.submitted("east")
        office.perform("reg1", identity, "approve")
    many = len(notices_of(session, office, "east.admin"))
    session.add_all(
        Notice(
            account_id=office.account("east.admin").id,
            code="application_submitted",
            params={"number": f"N{n}"},
            subject_type="application",
            subject_id=identity,
            created_at=office.now,
        )
        for n in range(40)
    )
    session.commit()
    who = browser("east.admin")
    seen, path = 0, "/inbox/"
    while path:
        page = unescape(who.get(path).text)
        seen += page.count('<time class="num">')
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1] if older else ""

    assert seen == many + 40


@pytest.mark.rule("X7")
def test_the_same_notice_reads_in_either_language(browser: Enter, office: Office) -> None:
    identity = office.submitted("east")
    number = office.application(identity).number
    who = browser("east.admin")

    chinese = unescape(who.get("/inbox/").text)
    who.get("/language/en")
    english = unescape(who.get("/inbox/").text)

    said = NOTICES["application_submitted"].msgid % {"number": number}
    assert said in english
    assert said not in chinese
    assert number in chinese


@pytest.mark.parametrize("odd", ["x", "-1", "3000000000", "99999999999999999999", "1;drop"])
def test_an_odd_page_of_the_inbox_is_no_error_of_ours(browser: Enter, odd: str) -> None:
    assert browser("reg1").get(f"/inbox/?before={odd}").status_code == 200
    assert browser("reg1").get(f"/inbox/{odd}").status_code == 404


@pytest.mark.rule("M3")
def test_a_notice_of_what_has_left_ones_reach_leads_back_to_the_inbox(
    browser: Enter, office: Office, session: Session
) -> None:
    stock = Key.state == "in_stock"
    keys = {
        office_code: session.scalars(
            select(Key).where(stock, Key.office_code == office_code).limit(1)
        ).one()
        for office_code in ("SERVICE", "RESEARCH")
    }
    told = [
        Notice(
            account_id=office.account("service1").id,
            code="stock_low",
            params={"serial": key.serial, "name": "", "count": 1},
            subject_type="key",
            subject_id=key.id,
            created_at=office.now,
        )
        for key in keys.values()
    ]
    session.add_all(told)
    session.commit()
    own, gone = (it.id for it in told)
    who = browser("service1")
    assert who.get(f"/inbox/{own}").location == f"/keys/{keys['SERVICE'].id}"
    assert who.get(f"/inbox/{gone}").location == "/inbox/"
