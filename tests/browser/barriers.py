"""What stands in somebody's way on a page, as axe sees it."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RUN = "options => axe.run(options).then(found => found.violations)"
# Of rules that are kept, axe would otherwise describe every element that keeps them.
EVERYTHING = {"resultTypes": ["violations"]}
# What can be otherwise in the dark.
CONTRAST = {**EVERYTHING, "runOnly": ["color-contrast"]}


def barriers(page: Page, *, in_the_dark: bool = False) -> list[str]:
    """Return what axe finds on the page as it stands, and in the dark too if asked."""
    page.evaluate(AXE_SCRIPT)
    found = _told("as shown", page.evaluate(RUN, EVERYTHING))
    if in_the_dark:
        page.emulate_media(color_scheme="dark")
        found += _told("in the dark", page.evaluate(RUN, CONTRAST))
        page.emulate_media(color_scheme="light")
    return found


def _told(when: str, violations: list[dict[str, Any]]) -> list[str]:
    found = []
    for it in violations:
        places = [str(node["target"][0]) for node in it["nodes"][:3]]
        found.append(f"{when}: {it['id']} ({it['help']}) at {places}")
    return found
