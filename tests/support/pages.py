"""People at the pages: who sign in at the door and then follow links and send forms."""

import re
from collections.abc import Iterable
from itertools import count
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.client import KeydeskClient
from tests.support.rest import PASSWORD

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
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
