"""People at the REST door: who sign in with their password and then carry their token."""

import urllib.parse
from itertools import count
from typing import Any

import prison
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from app.catalog.enums import OfficeCode
from app.models.accounts import Account
from app.security.actor import acting
from app.services.keys import receive_keys
from tests.support.client import KeydeskClient
from tests.support.factories import NOON, SETUP, Office, staff_of

PASSWORD = "Keydesk-2026"
QUICK = "pbkdf2:sha256:1"
"""Signing in is tested for what it lets through, not for how long a guess takes."""
SIGN_IN = "/api/v1/security/login"
ISSUERS = {
    True: (OfficeCode.RESEARCH, "K"),
    False: (OfficeCode.SERVICE, "E"),
}
_addresses = count(1)


def let_everybody_work(session: Session) -> None:
    """Hand everybody of the made-up office a key and a password of their own; commit."""
    made = Office(session)
    hashed = generate_password_hash(PASSWORD, method=QUICK)
    with acting(session, SETUP):
        accounts = list(session.scalars(select(Account).order_by(Account.id)))
        for management, (office, letter) in ISSUERS.items():
            people = [a for a in accounts if a.organization.type.is_management == management]
            serials = [f"{letter}{account.id:06d}" for account in people]
            receive_keys(session, serials, actor=made.actor(staff_of(office)), now=NOON)
            session.commit()
            for account, serial in zip(people, serials, strict=True):
                issuer = staff_of(office, 2 if account.login_name == staff_of(office) else 1)
                made.perform(
                    issuer, account.id, "issue_key", model=Account, data={"key_serial": serial}
                )
        for account in accounts:
            account.password_hash = hashed
            account.must_change_password = False
        session.commit()


class Rest:
    """One person's dealings with /api/v1, from an address of their own."""

    def __init__(self, client: KeydeskClient, login: str | None = None, **words: Any) -> None:
        self.client = client
        number = next(_addresses)
        self.address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self.token = ""
        if login is not None:
            answer = self.sign_in(login, **words)
            assert answer.status_code == 200, answer.json
            self.token = answer.json["access_token"]

    def sign_in(
        self, login: str, password: str = PASSWORD, *, refresh: bool = False
    ) -> TestResponse:
        said = {"username": login, "password": password, "provider": "db", "refresh": refresh}
        return self.ask("POST", SIGN_IN, json=said)

    def ask(self, method: str, path: str, **words: Any) -> TestResponse:
        """Send a request; `path` is below /api/v1 unless it begins with a slash."""
        headers = {**words.pop("headers", {})}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        address = path if path.startswith("/") else f"/api/v1/{path}"
        origin = {"REMOTE_ADDR": self.address, **words.pop("environ_overrides", {})}
        return self.client.open(
            address, method=method, headers=headers, environ_overrides=origin, **words
        )

    def get(self, path: str, **words: Any) -> TestResponse:
        return self.ask("GET", path, **words)

    def post(self, path: str, body: Any = None, **words: Any) -> TestResponse:
        return self.ask("POST", path, **({"json": body} if body is not None else {}), **words)

    def put(self, path: str, body: Any, **words: Any) -> TestResponse:
        return self.ask("PUT", path, json=body, **words)

    def delete(self, path: str, **words: Any) -> TestResponse:
        return self.ask("DELETE", path, **words)

    def act(self, resource: str, identity: int, action: str, **said: Any) -> TestResponse:
        """Do an act; `said` is comment, data, version, idempotency_key."""
        return self.post(f"{resource}/{identity}/actions/{action}", said)


def fields(answer: TestResponse) -> dict[str, str]:
    """What was wrong, by field: the code of each detail."""
    return {detail["field"]: detail["code"] for detail in answer.json["details"]}


def ask(**query: Any) -> str:
    """What a list is asked for, as it stands in an address."""
    return "?q=" + urllib.parse.quote(prison.dumps(query))
