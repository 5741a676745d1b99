"""A condition on any column: typed in words, standing in the address, refused in words (X6)."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

from app.models.accounts import Account
from app.services.columns import Operator
from app.views.conditions import WORDS
from tests.support.factories import UNITS, Office, staff_of
from tests.support.pages import Browser
from tests.views.test_console_lists import rows

Enter = Callable[..., Browser]
REVIEWER = staff_of("REG")


def asked(answer) -> list[tuple[str, str]]:
    assert answer.status_code == 302, answer.text
    return parse_qsl(urlsplit(answer.headers["Location"]).query)


def test_every_operator_of_the_lists_can_be_typed():
    assert set(Operator) - {Operator.IN} == WORDS.keys()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("state", "not", "有效"), ("state__not", "active")),
        (("state", "", "Active"), ("state", "active")),
        (("login_name", "not_contains", "east"), ("login_name__not_contains", "east")),
        (("office_code", "null", ""), ("office_code__null", "true")),
        (("office_code", "filled", ""), ("office_code__null", "false")),
        (("office_code", "not", "登记管理处"), ("office_code__not", "REG")),
        (("organization_id", "", UNITS["east"].name), ("organization_id", "{east}")),
        (
            ("created_at", "between", "2026-01-01..2026-12-31"),
            ("created_at__between", "2026-01-01..2026-12-31"),
        ),
        (("id", "from", "3"), ("id__from", "3")),
    ],
)
def test_a_typed_condition_leads_to_its_list(browser: Enter, office: Office, typed, said):
    where, how, what = typed
    who = browser(REVIEWER)
    if said[1] == "active":  # both languages' words are taken, each by its reader
        who.get(f"/language/{'en' if what.isascii() else 'zh'}?next=/")
    form = {"where": where, "how": how, "what": what, "q": "", "sex": "male"}
    answer = who.get("/accounts/", query_string=form)
    wanted = said[1].format(east=office.organization("east").id)
    assert set(asked(answer)) == {("sex", "male"), (said[0], wanted)}
    page = who.get(answer.headers["Location"])
    assert page.status_code == 200
    assert 'class="chips"' in page.text


def test_negation_leaves_the_others(browser: Enter, office: Office):
    who = browser(REVIEWER)
    form = {"where": "login_name", "how": "not_starts", "what": "e", "size": "200"}
    page = who.get(who.get("/accounts/", query_string=form).headers["Location"]).text
    names = office.session.execute(select(Account.id, Account.login_name)).all()
    wanted = {f"/accounts/{it.id}" for it in names if not it.login_name.startswith("e")}
    assert set(rows(page)) == wanted


@pytest.mark.parametrize(
    ("where", "how", "what"),
    [
        ("password_hash", "", "x"),
        ("citizen_id", "", "110101199003070011"),
        ("nothing", "", "x"),
        ("state", "contains", "有"),
        ("state", "", "睡着"),
        ("state", "", ""),
        ("created_at", "from", "昨天"),
        ("organization_id", "", "没有这个单位"),
        ("organization_id", "", "有限公司"),
        ("login_name", "contains", ""),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(browser: Enter, where, how, what):
    answer = browser(REVIEWER).get(
        "/accounts/",
        query_string={"where": where, "how": how, "what": what},
        follow_redirects=True,
    )
    assert answer.status_code == 422


def test_the_form_offers_no_column_that_is_hidden(browser: Enter):
    page = browser(REVIEWER).get("/accounts/").text
    offered = page.partition('name="where"')[2].partition("</select>")[0]
    assert 'value="login_name"' in offered
    assert 'value="citizen_id"' not in offered
    assert 'value="password_hash"' not in offered
