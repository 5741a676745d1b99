"""The page lets an office decide about whom it has in charge, and says why somebody is out."""

import pytest

from app.catalog.enums import AccountState, Category
from app.catalog.lifecycles import ApplicationKind
from tests.support.factories import Office, items
from tests.support.kinds import WHY, sent, suspended
from tests.support.pages import lines_of, page_of


@pytest.mark.rule("M3")
def test_each_office_marks_those_who_ask_for_its_permissions(browser, office: Office):
    tier = office.organization("east").type
    lines = [
        {**office.person(), "items": items(tier, it)}
        for it in (Category.REGISTRATION, Category.TRANSACTION)
    ]
    identity = office.submitted("east", lines=lines)
    first, second = (f'name="line-{it.id}-verdict"' for it in lines_of(office, identity))
    office.session.rollback()
    for login, own, other in (("reg1", first, second), ("mkt1", second, first)):
        page = page_of(browser(login), identity)
        assert own in page
        assert other not in page


@pytest.mark.rule("M6.4")
def test_who_restores_a_sign_in_reads_why_it_was_suspended(browser, office: Office):
    account = suspended(office, "east")
    assert account.state == AccountState.SUSPENDED
    line = {"login_name": account.login_name}
    identity = sent(office, ApplicationKind.LOGIN_RESTORATION, [line])
    office.session.rollback()
    page = page_of(browser("research1"), identity)
    assert "停用原因" in page
    assert WHY in page
