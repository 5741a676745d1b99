"""Somebody at a Keydesk page: what people do there, in the words that they would use."""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from app.services.demo.specimens import specimen

DROP = """([zone, name, type, text]) => {
  const held = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
  held.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragover", "drop"]) {
    const options = { bubbles: true, cancelable: true, dataTransfer: held };
    zone.dispatchEvent(new DragEvent(kind, options));
  }
}"""


class Desk:
    """One person's browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def find(self, selector: str, **more: Any) -> Locator:
        return self.page.locator(selector, **more)

    def open(self, path: str) -> Self:
        self.page.goto(path)
        return self

    def arrived(self) -> Self:
        """Wait until the page that is in sight stands there whole, its scripts at work."""
        self.page.wait_for_load_state("domcontentloaded")
        return self

    @property
    def said(self) -> Locator:
        """What the page says has just been done."""
        return self.find(".toasts")

    @property
    def number(self) -> str:
        """The number of the form that is open."""
        return self.find(".page-number").inner_text()

    # --- Applying

    def begin(self, kind: str) -> Self:
        """From the first page to an empty form."""
        self.open("/")
        self.find(f'main a[href$="/applications/new/{kind}"]').first.click()
        expect(self.page).to_have_url(re.compile(f"/applications/new/{kind}$"))
        return self.arrived()

    def open_draft(self) -> Self:
        """Go on with the newest draft of one's organisation."""
        self.open("/applications/?state=draft")
        newest = self.find('main tbody a[href^="/applications/"]').first
        return self.open(f"{newest.get_attribute('href')}/edit")

    def fill_head(self, phone: str = "010-65000105", person: str = "郑国栋") -> Self:
        self.page.fill("#contact_phone", phone)
        self.page.fill("#responsible_person", person)
        return self

    def cell(self, line: int, column: str) -> Locator:
        """A cell of the line editor; the first line is 1."""
        return self.find(f"#lines-{line - 1}-{column}")

    def cell_error(self, line: int, column: str) -> Locator:
        return self.find(f"#lines-{line - 1}-{column}-error")

    def type_person(self, line: int, person: dict[str, Any]) -> Self:
        """Fill a line in by hand."""
        if not self.cell(line, "name").count():
            self.find("[data-lines-add]").click()
        self.cell(line, "name").fill(person["name"])
        self.cell(line, "sex").select_option(person["sex"])
        self.cell(line, "citizen_id").fill(person["citizen_id"])
        self.cell(line, "citizen_id").blur()
        return self

    def paste_rows(self, line: int, rows: Iterable[Sequence[str]]) -> Self:
        """Paste what Excel puts on the clipboard, with the keys that people press."""
        text = "".join("\t".join(row) + "\r\n" for row in rows)
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.cell(line, "name").click()
        self.page.keyboard.press("Control+v")
        expect(self.find("[data-lines-status] button").first).to_be_visible()
        return self

    def choose_items(self, line: int, *codes: str, for_all: bool = False) -> Self:
        """Tick permission items of one person, or of everybody on the form."""
        self.cell(line, "items").click()
        dialog = self.find("dialog.items[open]")
        for code in codes:
            dialog.locator(f'input[value="{code}"]').check()
        dialog.locator(f'button[value="{"all" if for_all else "done"}"]').click()
        expect(dialog).to_have_count(0)
        return self

    def drop_paper(self, code: str, name: str = "form.pdf", person: int = 0) -> Self:
        """Drop a PDF on the place of a paper."""
        zone = self.find(f'[data-dropfiles][data-paper-code="{code}"]').nth(person)
        element = zone.element_handle()
        content = base64.b64encode(specimen(code, "", 0)[1]).decode()
        self.page.evaluate(DROP, [element, name, "application/pdf", content])
        expect(zone.locator("[data-files] a.file[href]").last).to_contain_text(name)
        return self

    def papers_wanted(self) -> list[str]:
        """The papers that an empty form asks for, each as often as it wants to be dropped."""
        return self.find("[data-dropfiles].is-lacking").evaluate_all(
            "zones => zones.map(it => it.dataset.paperCode)"
        )

    def pledge(self) -> Self:
        self.find("#pledge").check()
        return self

    def save(self) -> Self:
        self.find('button[name="action"][value="save"]').click()
        return self

    def send(self) -> Self:
        self.find('button[name="action"][value="submit"]').click()
        return self

    # --- Deciding

    def start(self) -> Self:
        """From one's first page to the oldest form that waits."""
        self.open("/")
        self.find("a.start").click()
        return self.before_a_form()

    def decide(self, number: str) -> Self:
        """From one's first page to one form that waits."""
        self.open("/")
        self.find("main table a", has_text=number).first.click()
        expect(self.find(".page-number")).to_have_text(number)
        return self.before_a_form()

    def before_a_form(self) -> Self:
        """Wait until a form can be decided by the keyboard too."""
        self.find("[data-decide]").wait_for()
        return self.arrived()

    def line(self, name: str) -> Locator:
        """A person on the form."""
        return self.find("[data-line]").filter(has_text=name)

    def refuse(self, name: str, reason: str = "") -> Self:
        """Mark one person as refused, with words for the applicant; the cursor is there already."""
        self.line(name).locator('label[for$="-verdict-refused"]').click()
        expect(self.line(name).locator("[data-reason]")).to_be_focused()
        self.page.keyboard.type(reason)
        return self

    def remark_on(self, target: str, text: str) -> Self:
        """Write a remark on a field of the head."""
        remark = self.find("details.remark", has=self.find(f'[name="remark-{target}"]'))
        remark.locator("summary").click()
        remark.locator("textarea").fill(text)
        return self

    def tick_papers(self, *, but: int = 0) -> Self:
        """Set every tick that a paper needs, but the last `but`."""
        self.before_a_form()
        ticks = self.find("[data-paper-tick]")
        for place in range(ticks.count() - but):
            ticks.nth(place).check()
        return self

    def act(self, name: str) -> Self:
        """Press one of the buttons of the panel."""
        self.find(f'.decision-bar button[value="{name}"]').click()
        return self

    def confirm(self) -> Self:
        self.find("#ask-yes").click()
        return self

    def has_done(self) -> Self:
        """Wait until the next page says what was done."""
        expect(self.said.locator(".tone-good")).to_be_visible()
        return self

    def handed_over(self) -> dict[str, dict[str, str]]:
        """First passwords as they are shown, once: by name, login, key and password."""
        expect(self.find(".slip").first).to_be_visible()
        self.arrived()
        told = {}
        for slip in self.find(".slip").all():
            login, key, password = (it.inner_text() for it in slip.locator("dd").all())
            told[slip.locator("h2").inner_text()] = {
                "login": login,
                "key": key,
                "password": password,
            }
        return told

    # --- One's own account

    def replace_first_password(self, old: str, new: str) -> Self:
        expect(self.page).to_have_url(re.compile("/password/"))
        self.page.fill("#old_password", old)
        self.page.fill("#new_password", new)
        self.page.fill("#repeat_password", new)
        self.find("main .btn-primary").click()
        expect(self.page).not_to_have_url(re.compile("/password/"))
        return self

    def open_own_account(self) -> Self:
        self.find(".menu-drop.person summary").click()
        self.find(".menu-drop.person a.drop-line").first.click()
        return self

    @property
    def granted(self) -> Locator:
        """The permission items on one's own first page."""
        return self.find("#grants .grants li > span:first-child")

    def menu(self) -> list[str]:
        self.arrived()
        return self.find("nav.menu a").evaluate_all("all => all.map(it => it.pathname)")

    def sign_out(self) -> Self:
        self.find(".menu-drop.person summary").click()
        self.find(".menu-drop.person form button").click()
        expect(self.page).to_have_url(re.compile("/login/"))
        return self
