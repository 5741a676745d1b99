"""A real Chromium in front of a running demo office."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.server import DemoServer

OUTPUT = Path(__file__).parent / "output"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
OFFICE_LANGUAGE = "zh"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
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
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """The demo office, built and started once; use `demo` in tests."""
    server = DemoServer(tmp_path_factory.mktemp("demo"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


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

    The test fails if any page asked another host for something, met a missing file or an error in
    a script.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(*, language: str = "zh", **options: Any) -> Page:
        options = {"viewport": DESKTOP, "base_url": demo.url, **options}
        context = browser.new_context(locale=LOCALES[language], **options)
        context.set_default_timeout(10_000)
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
    page.on(
        "request",
        lambda sent: (
            None if sent.url.startswith((home, "data:", "blob:")) else faults.append(sent.url)
        ),
    )
    page.on(
        "response",
        lambda got: (
            faults.append(f"{got.status} {got.url}")
            if got.status >= 500 or (got.status == 404 and "/static/" in got.url)
            else None
        ),
    )


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page in Chinese at desktop size."""
    return new_page()


@pytest.fixture
def sign_in(demo: DemoServer, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Sign somebody of the demo in: `sign_in("reviewer", office="REG", language="en")`."""

    def enter(
        role: str, *, language: str = "zh", viewport: dict[str, int] = DESKTOP, **wanted: str
    ) -> Page:
        account = demo.account(role, **wanted)
        opened = new_page(language=language, viewport=viewport)
        opened.goto("/login/")
        submit_login(opened, account["login"], account["password"])
        expect(opened).not_to_have_url(re.compile("/login"))
        if language != OFFICE_LANGUAGE:
            opened.goto(f"/language/{language}")
        return opened

    return enter


def submit_login(page: Page, login: str, password: str) -> None:
    """Fill in the form at the door and send it."""
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click(".login-form button")


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Let axe look at a page; the message says what it found and where."""

    def look(page: Page) -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    return look
