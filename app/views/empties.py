"""What a list says while there is nothing in it: why that is, and what brings the first row."""

from app.i18n import N_, _

WHY: dict[str, tuple[str, str, str]] = {
    "applications": (
        N_("No application yet"),
        N_("An application stands here as soon as it has been drafted."),
        "file-earmark-text",
    ),
    "print_copies": (
        N_("Nothing has been printed yet"),
        N_("Open an application and print it: each printout gets a number and stands here."),
        "printer",
    ),
    "scans": (
        N_("No stamped form has come back yet"),
        N_("Send a scan in: pages with a code file themselves, the others wait here for you."),
        "upc-scan",
    ),
    "job_runs": (
        N_("No background job has run yet"),
        N_("Long exports, imports and bulk decisions run here; you may leave the page meanwhile."),
        "clock",
    ),
    "cases": (
        N_("No business yet"),
        N_("Business that somebody registers or that another system hands over stands here."),
        "briefcase",
    ),
    "keys": (
        N_("No key yet"),
        N_("Take a delivery into stock: its serial numbers stand here."),
        "usb-drive",
    ),
    "key_movements": (
        N_("The ledger is empty"),
        N_("Its first entries are made when a delivery is taken in."),
        "arrow-left-right",
    ),
    "key_credentials": (
        N_("No physical key has been bound yet"),
        N_("A key is bound at the counter as it is issued: plug it in, its holder touches it."),
        "link-45deg",
    ),
    "stock_takes": (
        N_("The stock has not been counted yet"),
        N_("Begin a stock-take, scan what is there and compare it with the ledger."),
        "clipboard-check",
    ),
    "archives": (
        N_("No archive file yet"),
        N_("A file opens by itself when its application is closed."),
        "archive",
    ),
    "archive_loans": (
        N_("No archive file has been taken out yet"),
        N_("Lend a file, or note that somebody read it here, on the file's own page."),
        "journal-arrow-up",
    ),
    "audit_events": (
        N_("Nothing is on record yet"),
        N_("Every act, refused ones too, is written down here."),
        "clock-history",
    ),
}


def nothing_yet(resource: str) -> dict[str, str]:
    """Return what an unfiltered list of the resource says when it has no rows."""
    if resource not in WHY:
        return {"title": _("Nothing here yet"), "reason": "", "icon": "inbox"}
    title, reason, icon = WHY[resource]
    return {"title": _(title), "reason": _(reason), "icon": icon}
