"""A real Chromium in front of a running demo office."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.barriers import barriers
from tests.browser.desk import Desk
from tests.support.server import DemoServer, Installation, demo_office

OUTPUT = Path(__file__).parent / "output"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
BOTH = pytest.mark.parametrize(
    ("language", "viewport"), [("zh", DESKTOP), ("en", PHONE)], ids=["zh-1280", "en-390"]
)
OFFICE_LANGUAGE = "zh"
# Colours are judged as they stand, not half-way through a change.
STILL = {"reduced_motion": "reduce"}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
# What a page may ask for beside its own host: what it holds itself, and Chromium's reader of PDFs.
WITHIN = ("data:", "blob:", "chrome:", "chrome-extension:")
PATIENCE = 30_000
"""Milliseconds until a page that does not do what it should is given up."""
expect.set_options(timeout=PATIENCE)

# Without these, Chromium keeps calling home.
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that it runs apart from the quick tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let the page fixture know whether the test failed, so that it keeps a picture."""
    report: Any = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Installation:
    """The demo office as it is loaded, built once for all workers; nobody works in it."""
    mine = tmp_path_factory.getbasetemp()
    return demo_office((mine if worker == "main" else mine.parent) / "office")


@pytest.fixture(scope="session")
def demo_server(
    tmp_path_factory: pytest.TempPathFactory, office: Installation
) -> Iterator[DemoServer]:
    """This worker's own copy of the demo office, served; use `demo` in tests."""
    with DemoServer(tmp_path_factory.mktemp("demo"), office) as server:
        yield server


@pytest.fixture
def demo(demo_server: DemoServer) -> DemoServer:
    """The demo office as it was loaded, whatever the test before did to it."""
    demo_server.reset()
    return demo_server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one that CHROMIUM names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("no chromium: `make browser` installs it, or name one in CHROMIUM")
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *as_root])
        yield launched
        launched.close()


@pytest.fixture
def new_page(
    browser: Browser, demo: DemoServer, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser profile of its own: `new_page(language="en", viewport=PHONE)`.

    The test fails if any page asked another host for something, met a missing file, an error in a
    script or something that the content security policy forbids.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(*, language: str = "zh", **options: Any) -> Page:
        options = {"viewport": DESKTOP, "base_url": demo.url, **STILL, **options}
        context = browser.new_context(locale=LOCALES[language], **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        listen(page, demo.url, faults)
        if language != OFFICE_LANGUAGE:
            page.goto(f"/language/{language}")
        return page

    yield open_page
    if request.node.stash.get(FAILED, False):
        OUTPUT.mkdir(exist_ok=True)
        for number, page in enumerate(p for c in contexts for p in c.pages):
            name = re.sub(r"\W+", "-", request.node.name)
            page.screenshot(path=OUTPUT / f"{name}-{number}.png", full_page=True)
    for context in contexts:
        context.close()
    assert faults == []


def listen(page: Page, home: str, faults: list[str]) -> None:
    """Collect what a visitor does not see but should not happen."""
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda said: faults.append(f"console: {said.text}") if grave(said) else None)
    page.on(
        "request",
        lambda sent: None if sent.url.startswith((home, *WITHIN)) else faults.append(sent.url),
    )
    page.on(
        "response",
        lambda got: (
            faults.append(f"{got.status} {got.url}")
            if got.status >= 500 or (got.status == 404 and "/static/" in got.url)
            else None
        ),
    )


def grave(said: ConsoleMessage) -> bool:
    """Whether a line of the console tells of a fault, not of a refusal that the page explains."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page in Chinese at desktop size."""
    return new_page()


@pytest.fixture
def sign_in(demo: DemoServer, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Sign somebody of the demo in: `sign_in("reg.zhou", language="en", viewport=PHONE)`."""

    def enter(login: str, password: str = "", **options: Any) -> Page:
        opened = new_page(**options)
        opened.goto("/login/")
        opened.fill("#login", login)
        opened.fill("#password", password or demo.password(login))
        opened.click("main .btn-primary")
        expect(opened).not_to_have_url(re.compile("/login"))
        return opened

    return enter


@pytest.fixture
def at_desk(sign_in: Callable[..., Page]) -> Callable[..., Desk]:
    """Sign somebody in and sit down with them: `at_desk("reg.zhou")`."""
    return lambda login, password="", **options: Desk(sign_in(login, password, **options))


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Let axe look at a page; the message says what it found and where."""

    def look(page: Page) -> None:
        assert barriers(page) == []

    return look
