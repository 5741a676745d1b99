"""The counter of the made-up office: keys plugged in, touched, and bound to those who hold them."""

import json
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.catalog.enums import KeyState, OfficeCode
from app.catalog.permissions import RoleName
from app.models.key_credentials import KeyCredential
from app.models.keys import Key
from app.security.actor import Actor
from app.security.key_policy import holding
from app.services.key_bindings import ask_to_bind, bind
from tests.support.authenticator import Authenticator
from tests.support.factories import Office, staff_of
from tests.support.pages import Browser
from tests.support.rest import PASSWORD, Rest

QUESTION = re.compile(r"data-key-question>(.*?)</script>", re.DOTALL)


class Counter:
    """Officers who bind; each of them another person's key."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def key_of(self, login: str) -> Key:
        """The key that somebody holds."""
        holder = self.office.account(login).id
        query = select(Key).where(Key.holder_id == holder, Key.state == KeyState.ISSUED)
        return self.office.session.scalars(query).one()

    def officer_for(self, key: Key, login: str) -> str:
        first = staff_of(OfficeCode(key.office_code))
        return staff_of(OfficeCode(key.office_code), 2) if login == first else first

    def binding_of(self, serial: str) -> KeyCredential:
        """The newest binding of a key."""
        query = select(KeyCredential).join(Key).where(Key.serial == serial)
        return self.office.session.scalars(query.order_by(KeyCredential.id.desc())).all()[0]

    def bind(
        self,
        login: str,
        serial: str = "",
        device: Authenticator | None = None,
        *,
        by: str = "",
    ) -> Authenticator:
        """Bind the key that `login` holds, or that of the stock with this serial; the device."""
        device = device or Authenticator()
        session = self.office.session
        key = session.scalars(select(Key).where(Key.serial == serial)).one() if serial else None
        key = key or self.key_of(login)
        officer = by or self.officer_for(key, login)
        identity, number = self.office.account(login).id, key.serial
        with self.office.acting(officer) as actor:
            words = {"actor": actor, "now": self.office.now}
            question = ask_to_bind(session, number, identity, **words)
            bind(session, question.ticket, device.create(question.options), **words)
            session.commit()
        return device


def challenged(who: Rest, login: str, password: str = PASSWORD, **words: object) -> TestResponse:
    """Say the password; the answer holds the question for the key."""
    answer = who.sign_in(login, password, **words)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json["code"]) == (401, "key_required"), answer.json
    return answer


def with_key(who: Rest, login: str, device: Authenticator, **words: bool) -> TestResponse:
    """Sign in over REST with password and key."""
    asked = challenged(who, login).json
    said = {"ticket": asked["ticket"], "credential": device.get(asked["public_key"]), **words}
    answer = who.post("security/login/key", said)
    if answer.status_code == 200:
        who.token = answer.json["access_token"]
    return answer


def question_in(page: str) -> Any:
    """What a page asks the key."""
    found = QUESTION.search(page)
    assert found is not None
    return json.loads(found[1])


def in_by_key(who: Browser, login: str, device: Authenticator, **more: str) -> TestResponse:
    """Sign in at the pages with password and key."""
    asked = who.sign_in(login, **more)
    assert (asked.status_code, asked.location) == (303, "/login/key"), asked.text
    question = question_in(who.get("/login/key").text)
    return who.post("/login/key", {"credential": json.dumps(device.get(question))})


def bind_everybodys(office: Office) -> None:
    """Bind every key that somebody holds."""
    with holding(required=True):
        for key in office.session.query(Key).filter_by(state="issued").all():
            Counter(office).bind(key.holder.login_name)


def bindings_within_reach(session: Session, who: Actor) -> Callable[[KeyCredential], bool]:
    """Which bindings somebody sees: an issuing office those of its stock, a unit its people's."""
    if RoleName.SECURITY_ADMINISTRATOR.value in who.roles:
        return lambda _row: True
    if who.office in {OfficeCode.RESEARCH, OfficeCode.SERVICE}:
        return lambda row: row.key.office_code == who.office
    if RoleName.ORGANIZATION_ADMINISTRATOR.value in who.roles and not who.office:
        return lambda row: row.account.organization_id == who.organization_id
    return lambda row: bool(who.office) or row.account_id == who.account_id
