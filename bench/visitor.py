"""A browser as far as the bench needs one: one connection kept open, cookies, forms."""

import http.client
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

TIMEOUT = 120
FORM = "application/x-www-form-urlencoded"
Fields = list[tuple[str, str]]


class BenchError(RuntimeError):
    """Something answered otherwise than it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent; a form makes it a POST. `expects` are the statuses that will do."""

    path: str
    form: Fields | None = None
    expects: frozenset[int] = frozenset({200})


@dataclass(slots=True)
class Visitor:
    """Somebody at a server's port, who may sign in."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def send(self, request: Request) -> str:
        """Send `request` and return the body of the answer."""
        body = None if request.form is None else urlencode(request.form)
        headers = {"Accept": "text/html", "Accept-Language": "zh"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = FORM
        status, text = self._exchange(request.path, body, headers)
        if status not in request.expects:
            message = f"{request.path}: {status}, not {sorted(request.expects)}\n{text[:2000]}"
            raise BenchError(message)
        return text

    def _exchange(self, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, str]:
        for fresh in (self.connection is None, True):
            if fresh or self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, TIMEOUT)
            try:
                self.connection.request("GET" if body is None else "POST", path, body, headers)
                answer = self.connection.getresponse()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if fresh:
                    raise
                continue  # the server has closed a connection that stood idle
            text = answer.read().decode()
            for header in answer.headers.get_all("Set-Cookie") or ():
                self.cookies.update({n: m.value for n, m in SimpleCookie(header).items()})
            return answer.status, text
        raise BenchError(path)

    def get(self, path: str) -> str:
        """Return the page at `path`."""
        return self.send(Request(path=path))

    def sign_in(self, login: str, password: str) -> None:
        """Sign in through the page's own door."""
        fields = form_of(self.get("/login/"), holding="password")
        typed = {"login": login, "password": password}
        form = [(name, typed.get(name, value)) for name, value in fields]
        self.send(Request(path="/login/", form=form, expects=frozenset({302, 303})))


class _Forms(HTMLParser):
    """Collects what a browser would send for each form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Fields] = []
        self.area: str | None = None
        self.select: str | None = None
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append([])
        elif tag == "select":
            self.select = name
        elif tag == "textarea":
            self.area, self.text = name, []
        elif not self.forms:
            return
        elif tag == "option" and self.select and "selected" in given:
            self.forms[-1].append((self.select, given.get("value", "")))
        elif tag == "input" and name and _is_sent(given):
            self.forms[-1].append((name, given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        elif tag == "textarea" and self.area is not None:
            if self.forms:
                self.forms[-1].append((self.area, "".join(self.text)))
            self.area = None


def _is_sent(given: dict[str, str]) -> bool:
    if given.get("type") in {"checkbox", "radio"}:
        return "checked" in given
    return given.get("type") not in {"submit", "button", "file"}


def form_of(page: str, *, holding: str) -> Fields:
    """Return the fields of the page's form in which `holding` stands, as they are filled in."""
    parser = _Forms()
    parser.feed(page)
    for fields in parser.forms:
        if any(name == holding for name, _value in fields):
            return fields
    message = f"no form with a field {holding}"
    raise BenchError(message)


def changed(fields: Iterable[tuple[str, str]], **values: str) -> Fields:
    """Return `fields` with other `values` typed into them, by the ends of their names."""
    ends = tuple(values)
    typed = []
    for name, value in fields:
        end = next((end for end in ends if name == end or name.endswith(f"-{end}")), None)
        typed.append((name, values[end] if end else value))
    return typed
