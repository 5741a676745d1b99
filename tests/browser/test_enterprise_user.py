"""`enterprise_user` through the pages: originals at the counter, a second clerk's key, sign-in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app.catalog.enums import Sex
from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.browser.test_new_user import NEW_PASSWORD
from tests.support.people import citizen_id

PERSON = {"name": "易水寒", "sex": "male", "citizen_id": citizen_id(8101, Sex.MALE)}
FINANCIAL_ITEMS = 4
"""What annex 2 gives a financial institution: one registration and three system items."""


def application(applicant: Desk) -> str:
    """Write the form, hand in every paper that it asks for, send it; its number."""
    applicant.begin("enterprise_user").fill_head(person="段启明").type_person(1, PERSON)
    expect(applicant.find(".items-cell")).to_have_count(0)
    expect(applicant.find(".sets li")).to_have_count(FINANCIAL_ITEMS)
    for code in applicant.papers_wanted():
        applicant.drop_paper(code, name=f"{code}.pdf")
    applicant.pledge().send()
    expect(applicant.find(".receipt")).to_be_visible()
    return applicant.number


@BOTH
@pytest.mark.rule("M4", "M4a", "M5.2", "X4", "X7")
def test_an_enterprise_gets_its_account_and_key(
    at_desk: Callable[..., Desk], language: str, viewport
) -> None:
    def desk(login: str, password: str = "") -> Desk:
        return at_desk(login, password, language=language, viewport=viewport)

    number = application(desk("bank.kong"))
    clerk = desk("service.ye").decide(number).tick_papers(but=1)
    lacking = clerk.find("[data-paper].is-lacking")
    expect(lacking).to_have_count(1)
    paper = lacking.get_attribute("data-paper-name")
    expect(clerk.find("[data-lacking-note]")).to_contain_text(paper)
    clerk.page.evaluate("document.querySelector('[data-needs-papers]').ariaDisabled = null")
    clerk.act("approve")
    expect(clerk.find("#error-summary")).to_contain_text(paper.partition(" · ")[0])

    clerk.tick_papers().act("approve").has_done()
    clerk.open("/")
    expect(clerk.find("main table a", has_text=number)).to_have_count(0)

    told = desk("service.jin").decide(number).act("issue_key").handed_over()[PERSON["name"]]

    person = desk(told["login"], told["password"])
    person.replace_first_password(told["password"], NEW_PASSWORD)
    person.open_own_account()
    expect(person.find("main")).to_contain_text(told["key"])
    expect(person.find("#grants details.why")).to_have_count(FINANCIAL_ITEMS)
    assert not set(person.menu()) & {"/key_movements/", "/audit_events/", "/roles/"}
