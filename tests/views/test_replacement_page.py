"""The counter hands new keys to those whose former one is back, on the page that awaits others."""

import pytest

from app.catalog.enums import OfficeCode
from app.catalog.lifecycles import ApplicationKind
from tests.support.factories import Office
from tests.support.kinds import employed, key_of, sent, stock_up
from tests.support.pages import buttons, decide, lines_of, page_of, place


@pytest.mark.rule("M9")
def test_the_page_takes_keys_back_and_hands_others_out_side_by_side(browser, office: Office):
    people = [employed(office) for _ in range(2)]
    lines = [{"login_name": it.login_name} for it in people]
    identity = sent(office, ApplicationKind.KEY_REPLACEMENT, lines)
    office.walk(identity, until=lambda it: it.state == "passed")
    (new, other) = stock_up(office, OfficeCode.RESEARCH, 2)
    old = [key_of(office, it) for it in people]
    first, second = (f"line-{it.id}-key_serial" for it in lines_of(office, identity))
    office.session.rollback()
    counter = browser("research1")

    def press(action: str, **typed: str) -> None:
        answer = decide(counter, identity, action, **typed)
        assert answer.status_code == 303, answer.text
        office.session.rollback()

    page = page_of(counter, identity)
    assert "issue_key" not in buttons(page), "nobody can be served yet"
    assert [place(page, first), place(page, second)] == old
    press("take_back_key", **{first: old[0], second: ""})
    page = page_of(counter, identity)
    assert {"issue_key", "take_back_key"} <= set(buttons(page))
    assert place(page, second) == old[1]
    press("issue_key", **{first: new, second: old[1]})
    assert [key_of(office, it) for it in people] == [new, old[1]]
    office.session.rollback()
    press("take_back_key", **{second: old[1]})
    press("issue_key", **{second: other})
    assert [key_of(office, it) for it in people] == [new, other]
    assert office.application(identity).state == "completed"
