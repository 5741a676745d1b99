"""People at the pages: who sign in at the door and then follow links and send forms."""

import re
from collections.abc import Iterable
from html import unescape
from itertools import count
from json import loads
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.client import KeydeskClient
from tests.support.factories import HEADER, Office
from tests.support.rest import PASSWORD

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
EDITOR = re.compile(r"<script type=\"application/json\" data-lines-data>(.*?)</script>", re.DOTALL)
_addresses = count(1)


class Browser:
    """One person's browser, at an address of its own."""

    def __init__(self, client: KeydeskClient, login: str | None = None) -> None:
        self.client = client
        number = next(_addresses)
        self.address = f"10.200.{number >> 8 & 255}.{number & 255}"
        if login is not None:
            answer = self.sign_in(login)
            assert answer.status_code == 303, answer.text

    def open(self, path: str, method: str = "GET", **words: Any) -> TestResponse:
        """Send a request from this browser's address."""
        origin = {"REMOTE_ADDR": self.address, **words.pop("environ_overrides", {})}
        return self.client.open(path, method=method, environ_overrides=origin, **words)

    def get(self, path: str, **words: Any) -> TestResponse:
        return self.open(path, **words)

    def token(self, path: str = "/login/") -> str:
        """The token of a page that this browser has open."""
        found = TOKEN.search(self.get(path, follow_redirects=True).text)
        assert found is not None
        return found[1]

    def post(
        self, path: str, data: Any = None, *, token: str | None = None, **words: Any
    ) -> TestResponse:
        """Send a form, with the token of a fresh page unless another one is given."""
        pairs: Iterable[Any] = data.items() if isinstance(data, dict) else data or []
        body: MultiDict[str, Any] = MultiDict(list(pairs))
        body["csrf_token"] = self.token() if token is None else token
        return self.open(path, method="POST", data=body, **words)

    def sign_in(self, login: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.post("/login/", {"login": login, "password": password, **more})

    def sign_out(self) -> TestResponse:
        return self.post("/logout/")


def place(page: str, name: str) -> str:
    """The value of the field `name` on a page."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


# --- Forms, as a browser sends them


def form(*lines: dict[str, Any], key: str = "page-1", **more: Any) -> MultiDict[str, Any]:
    """What a browser sends for these lines."""
    sent: MultiDict[str, Any] = MultiDict({**HEADER, "idempotency_key": key, **more})
    sent["lines-count"] = str(len(lines))
    for n, line in enumerate(lines):
        sent[f"lines-{n}-id"] = str(line.get("id", ""))
        for column in ("name", "sex", "citizen_id"):
            sent[f"lines-{n}-{column}"] = line.get(column, "")
        sent.setlist(f"lines-{n}-items", line.get("items", []))
    return sent


def send(who: Browser, path: str, sent: MultiDict[str, Any], **words: Any) -> TestResponse:
    return who.post(path, list(sent.items(multi=True)), **words)


def editor(answer: TestResponse) -> dict[str, Any]:
    found = EDITOR.search(answer.text)
    assert found is not None
    said: dict[str, Any] = loads(found[1])
    return said


# --- The page on which forms are decided


def page_of(who: Browser, identity: int) -> str:
    answer = who.get(f"/applications/{identity}/decide")
    assert answer.status_code == 200, answer.location
    return unescape(answer.text)


def decide(who: Browser, identity: int, action: str, **said: Any) -> Any:
    """Press a button of the page as it stands now."""
    page = page_of(who, identity)
    sent = {
        "action": action,
        "version": place(page, "version"),
        "idempotency_key": place(page, "idempotency_key"),
        **said,
    }
    return who.post(f"/applications/{identity}/decide", sent)


def buttons(page: str) -> list[str]:
    return re.findall(r'name="action" value="(\w+)"', page)


def lines_of(office: Office, identity: int) -> list[Any]:
    return list(office.application(identity).lines)
