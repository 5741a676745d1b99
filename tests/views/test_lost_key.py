"""Who has lost the key freezes it at the sign-in page, at any hour, and is not let in (M8)."""

import pytest

from app.catalog.enums import KeyState
from app.models.keys import Key
from tests.support.factories import Office
from tests.support.rest import PASSWORD


def held_by(office: Office, login: str) -> Key:
    office.session.expire_all()
    return office.session.query(Key).filter_by(last_holder_id=office.account(login).id).one()


@pytest.mark.rule("M8")
def test_a_lost_key_is_frozen_by_who_knows_the_password_and_nobody_comes_in(browser, office):
    inside, outside = browser("east.admin"), browser()
    assert inside.get("/").status_code == 200

    answer = outside.post(
        "/lost-key/", {"login": "East.Admin", "password": PASSWORD, "comment": "地铁上遗失"}
    )

    key = held_by(office, "east.admin")
    assert answer.status_code == 200
    assert key.serial in answer.text
    assert (key.state, key.holder_id) == (KeyState.LOST, None)
    assert inside.get("/").status_code == 302
    assert outside.get("/").status_code == 302
    event = next(e for e in reversed(office.events()) if e.tag == "key:lost")
    assert (event.actor_id, event.comment) == (office.account("east.admin").id, "地铁上遗失")


@pytest.mark.rule("M8")
@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"password": "wrong"}, 401),
        ({"login": "nobody"}, 401),
        ({"comment": " "}, 422),
        ({"login": "reg1\x00"}, 401),
    ],
)
def test_a_report_that_cannot_be_believed_freezes_nothing(browser, office, said, status):
    form = {"login": "east.admin", "password": PASSWORD, "comment": "遗失", **said}

    answer = browser().post("/lost-key/", form)

    assert answer.status_code == status
    assert held_by(office, "east.admin").state == KeyState.ISSUED


def test_a_key_lost_already_is_said_to_be_so(browser, office):
    form = {"login": "east.admin", "password": PASSWORD, "comment": "遗失"}
    there = browser()
    there.post("/lost-key/", form)

    again = there.post("/lost-key/", form)

    assert again.status_code == 422
    assert 'id="error-summary"' in again.text
