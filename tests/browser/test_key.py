"""The key itself in a real browser: bound at the counter, shown at the door (M4, M8)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import BOTH
from tests.browser.desk import Desk
from tests.support.server import DemoServer, Installation

pytestmark = pytest.mark.rule("M4", "M8")

DEVICE = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}

# A browser waits a minute for a key that is not there; nobody needs to see it do so.
IMPATIENT = """(() => {
  const { credentials } = navigator;
  const get = credentials.get.bind(credentials);
  credentials.get = ({ publicKey, ...asked }) =>
    get({ ...asked, publicKey: { ...publicKey, timeout: 5000 } });
})()"""


class Socket:
    """The place where a page's browser finds keys: plugged in, pulled out, copied."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        self.here = ""

    def plug(self, *credentials: dict[str, Any]) -> "Socket":
        """Plug a new key in, or one that holds these credentials."""
        self.pull()
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self.here = made["authenticatorId"]
        for credential in credentials:
            self.cdp.send(
                "WebAuthn.addCredential",
                {"authenticatorId": self.here, "credential": credential},
            )
        return self

    def pull(self) -> None:
        if self.here:
            self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.here})
        self.here = ""

    def held(self) -> list[dict[str, Any]]:
        """What is on the key, its secrets too: what whoever copies a key would have."""
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.here})
        return list(found["credentials"])


@pytest.fixture(scope="module")
def demo_server(
    tmp_path_factory: pytest.TempPathFactory, office: Installation
) -> Iterator[DemoServer]:
    """A demo office that asks for keys, where browsers find keys: at localhost."""
    with DemoServer(tmp_path_factory.mktemp("keys"), office, needs_keys=True) as server:
        yield server


def enrolled(demo: DemoServer, page: Page, login: str) -> list[dict[str, Any]]:
    """Bind the key that somebody of the demo holds, by a link; what is then on the key."""
    said = demo.flask("key-credentials", "enrol", login)
    found = re.search(r"http://\S+", said)
    assert found is not None
    socket = Socket(page).plug()
    page.goto(found[0])
    page.click("main .btn-primary")
    expect(page).to_have_url(re.compile(r"/login/$"))
    credentials = socket.held()
    socket.pull()
    return credentials


def say_password(page: Page, login: str, password: str) -> Page:
    page.goto("/login/")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("main .btn-primary")
    return page


@BOTH
def test_a_key_is_bound_at_the_counter_and_opens_the_door(
    demo: DemoServer,
    new_page: Callable[..., Page],
    language: str,
    viewport: dict[str, int],
    accessible: Callable[[Page], None],
) -> None:
    officer = new_page(language=language, viewport=viewport)
    key = enrolled(demo, officer, "research.gu")
    socket = Socket(officer).plug(*key)
    say_password(officer, "research.gu", demo.password("research.gu"))
    expect(officer).not_to_have_url(re.compile("/login"))
    socket.pull()
    desk = Desk(officer)
    officer.goto("/")
    officer.locator("main table a", has_text=re.compile(r"\d{4}")).first.click()
    desk.before_a_form()
    box = officer.locator("[data-bind]").first
    expect(box).to_be_visible()
    accessible(officer)

    bars = officer.locator('.decision-bar button[value="issue_key"]')
    bars.click()
    expect(officer.locator("#error-summary")).to_be_visible()
    desk.before_a_form()
    for number in range(officer.locator("[data-bind]").count()):
        box = officer.locator("[data-bind]").nth(number)
        socket.plug()
        box.locator("button").click()
        expect(box).to_have_class(re.compile("is-done"))
        handed = socket.held()
        socket.pull()
    told = desk.act("issue_key").handed_over()

    last = list(told.values())[-1]
    holder = new_page(language=language, viewport=viewport)
    Socket(holder).plug(*handed)
    say_password(holder, last["login"], last["password"])
    expect(holder).to_have_url(re.compile("/password/"))


def test_the_door_says_what_is_wrong_with_a_key(
    demo: DemoServer, new_page: Callable[..., Page], accessible: Callable[[Page], None]
) -> None:
    page = new_page()
    page.add_init_script(IMPATIENT)
    own = enrolled(demo, page, "reg.zhou")
    colleague = enrolled(demo, page, "mkt.qian")
    password = demo.password("reg.zhou")

    stranger = Socket(page).plug()
    say_password(page, "reg.zhou", password)
    expect(page).to_have_url(re.compile("/login/key"))
    expect(page.locator("[data-key-problem]")).to_be_visible(timeout=70_000)
    accessible(page)

    stranger.plug(*colleague)
    page.click("main .btn-primary")
    expect(page.locator("#error-summary")).to_contain_text("不是您本人的密钥")

    stranger.plug(*own)
    say_password(page, "reg.zhou", password)
    expect(page).not_to_have_url(re.compile("/login"))
    copied = stranger.held()
    Desk(page).sign_out()
    say_password(page, "reg.zhou", password)
    expect(page).not_to_have_url(re.compile("/login"))
    Desk(page).sign_out()

    stranger.plug(*copied)
    say_password(page, "reg.zhou", password)
    expect(page.locator("#error-summary")).to_be_visible()
