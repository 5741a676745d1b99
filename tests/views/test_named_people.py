"""People whom a form names, at the pages and over REST: picked, begun with, refused alike."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.catalog.enums import AuditOutcome
from tests.support.cases import case
from tests.support.client import KeydeskClient
from tests.support.factories import HEADER, Office
from tests.support.kinds import employed, key_of
from tests.support.pages import Browser, editor
from tests.support.rest import Rest, fields

AtPage = Callable[..., Browser]


def test_a_form_begins_with_the_person_it_is_asked_for(office: Office, browser: AtPage):
    account, stranger = employed(office), employed(office, "west")
    page = browser("east.admin")
    there = page.get(f"/applications/new?kind=permission_change&account={account.id}")
    assert there.status_code == 302
    (row,) = editor(page.get(there.location))["rows"]
    assert row["cells"]["login_name"] == account.login_name
    assert row["cells"]["name"] == account.name
    assert row["cells"]["requested_items"] == row["cells"]["current_items"]
    for other in (stranger.id, "x", "999999"):
        gone = page.get(f"/applications/new/permission_change?account={other}")
        assert gone.status_code == 404


@pytest.mark.rule("M2")
def test_only_people_of_the_own_organization_are_offered(office: Office, browser: AtPage):
    own, other = employed(office), employed(office, "west")
    page = browser("east.admin")
    for account, found in ((own, [own.login_name]), (other, [])):
        answer = page.get(f"/applications/people/key_replacement?q={account.login_name}")
        assert [person["value"] for person in answer.json["results"]] == found


@pytest.mark.rule("M6", "M8")
def test_rest_says_the_field_and_the_rule_and_keeps_the_refusal(
    app: Flask, office: Office, client: KeydeskClient
):
    mine, other = employed(office), employed(office)
    serial = key_of(office, other)
    case(office, mine.login_name)
    rest = Rest(client, "east.admin")
    line = {"login_name": mine.login_name, "old_key_serial": serial}
    form = {**HEADER, "kind": "key_replacement", "lines": [line]}
    answer = rest.post("applications/", form)
    assert answer.status_code == 422
    assert fields(answer) == {"lines.1.old_key_serial": "key_not_theirs"}

    form = {**HEADER, "kind": "user_cancellation", "lines": [{"login_name": mine.login_name}]}
    made = rest.post("applications/", form)
    assert made.status_code == 201, made.json
    answer = rest.act("applications", made.json["id"], "submit")
    assert answer.status_code == 422
    assert fields(answer) == {"lines.1.login_name": "unfinished_business"}
    office.session.expire_all()
    event = office.last_event()
    assert (event.outcome, event.rule) == (AuditOutcome.REFUSED, "M6")
