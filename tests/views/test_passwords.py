"""One's own password, changed at its page: never kept, never guessed, never told."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.models.audit import AuditEvent
from tests.support.factories import Office
from tests.support.pages import Browser
from tests.support.rest import PASSWORD

Enter = Callable[..., Browser]
NEW = "Another-2027"


def is_in(who: Browser) -> bool:
    return who.get("/").status_code == 200


@pytest.mark.rule("M8")
def test_a_first_password_is_changed_before_anything_else_opens(
    browser: Enter, office: Office, session: Session
) -> None:
    office.account("reg1").must_change_password = True
    session.commit()
    who = browser("reg1")

    for path in ("/", "/applications/", "/inbox/"):
        answer = who.get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/password/")
    assert who.get("/language/en").status_code == 302
    asked = who.get("/applications/", headers={"Accept": "application/json"})
    assert (asked.status_code, asked.json["code"]) == (403, "password_change_required")

    changed = who.post(
        "/password/?next=/inbox/",
        {"old_password": PASSWORD, "new_password": NEW, "repeat_password": NEW},
    )

    assert (changed.status_code, changed.location) == (303, "/inbox/")
    assert is_in(who)
    assert browser().sign_in("reg1", NEW).status_code == 303


@pytest.mark.rule("M8")
def test_a_first_password_cannot_be_kept(browser: Enter, office: Office, session: Session) -> None:
    office.account("reg1").must_change_password = True
    session.commit()
    who = browser("reg1")

    kept = {"old_password": PASSWORD, "new_password": PASSWORD, "repeat_password": PASSWORD}
    assert who.post("/password/", kept).status_code == 422

    assert who.get("/").location.startswith("/password/")


def test_a_new_password_ends_the_other_sessions(browser: Enter) -> None:
    here, elsewhere = browser("reg1"), browser("reg1")

    here.post("/password/", {"old_password": PASSWORD, "new_password": NEW, "repeat_password": NEW})

    assert is_in(here)
    assert not is_in(elsewhere)


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("wrong", NEW, NEW, "old_password"),
        (PASSWORD, "short", "short", "new_password"),
        (PASSWORD, "onlyletterss", "onlyletterss", "new_password"),
        (PASSWORD, "reg1-is-in-it", "reg1-is-in-it", "new_password"),
        (PASSWORD, NEW, NEW + "x", "repeat_password"),
        (PASSWORD, PASSWORD, PASSWORD, "new_password"),
    ],
)
def test_a_password_that_cannot_be_taken_is_explained_beside_its_field(
    browser: Enter, old: str, new: str, again: str, field: str
) -> None:
    who = browser("reg1")

    answer = who.post(
        "/password/", {"old_password": old, "new_password": new, "repeat_password": again}
    )

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert browser().sign_in("reg1").status_code == 303


def test_a_password_change_is_on_record_without_the_password(
    browser: Enter, office: Office
) -> None:
    browser("reg1").post(
        "/password/", {"old_password": PASSWORD, "new_password": NEW, "repeat_password": NEW}
    )

    event = office.events(AuditEvent.tag == "account:password_changed")[-1]
    assert NEW not in f"{event.old}{event.new}{event.comment}"
