"""The menu by task: what each entry opens, and for whom it is drawn (X7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import current_app, render_template, request, url_for
from markupsafe import Markup

from app.catalog.permissions import Permission
from app.i18n import N_, _, language
from app.security.actor import Actor
from app.services import worklists

WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the menu, for who holds one of `permissions`; `rooms` are the views it covers."""

    label: str
    endpoint: str
    icon: str
    permissions: frozenset[Permission] = frozenset()
    rooms: frozenset[str] = frozenset()
    count: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries of one task."""

    label: str
    entries: tuple[Entry, ...]


P = Permission

MENU: tuple[Group, ...] = (
    Group(
        label=N_("Work"),
        entries=(
            Entry(
                label=N_("My work"),
                endpoint="HomeView.index",
                icon="house",
                count=WAITING,
            ),
            Entry(
                label=N_("Applications"),
                endpoint="ApplicationView.list",
                icon="file-earmark-text",
                permissions=frozenset({P.APPLICATIONS_LIST}),
                rooms=frozenset({"ApplicationView", "DecisionView"}),
            ),
            Entry(
                label=N_("New application"),
                endpoint="FormView.start",
                icon="pencil-square",
                permissions=frozenset({P.APPLICATIONS_ADD}),
                rooms=frozenset({"FormView"}),
            ),
            Entry(
                label=N_("Business"),
                endpoint="CaseView.list",
                icon="briefcase",
                permissions=frozenset({P.CASES_LIST}),
            ),
            Entry(
                label=N_("Printouts"),
                endpoint="PrintCopyView.list",
                icon="printer",
                permissions=frozenset({P.PRINT_COPIES_LIST}),
            ),
            Entry(
                label=N_("Scanned forms"),
                endpoint="ScanView.list",
                icon="upc-scan",
                permissions=frozenset({P.SCANS_LIST}),
            ),
            Entry(
                label=N_("Background jobs"),
                endpoint="JobRunView.list",
                icon="clock",
                permissions=frozenset({P.JOB_RUNS_LIST}),
            ),
        ),
    ),
    Group(
        label=N_("People"),
        entries=(
            Entry(
                label=N_("Accounts"),
                endpoint="AccountView.list",
                icon="people",
                permissions=frozenset({P.ACCOUNTS_LIST}),
            ),
            Entry(
                label=N_("Organizations"),
                endpoint="OrganizationView.list",
                icon="building",
                permissions=frozenset({P.ORGANIZATIONS_LIST}),
            ),
        ),
    ),
    Group(
        label=N_("Keys"),
        entries=(
            Entry(
                label=N_("Keys"),
                endpoint="KeyView.list",
                icon="usb-drive",
                permissions=frozenset({P.KEYS_LIST}),
                rooms=frozenset({"KeyView", "KeyDeskView"}),
            ),
            Entry(
                label=N_("Ledger of keys"),
                endpoint="KeyMovementView.list",
                icon="arrow-left-right",
                permissions=frozenset({P.KEY_MOVEMENTS_LIST}),
            ),
            Entry(
                label=N_("Bindings of keys"),
                endpoint="KeyCredentialView.list",
                icon="link-45deg",
                permissions=frozenset({P.KEY_MOVEMENTS_LIST}),
            ),
            Entry(
                label=N_("Keys not returned"),
                endpoint="KeyReturnsView.list",
                icon="hourglass-split",
                permissions=frozenset({P.KEYS_TAKE_BACK, P.AUDIT_EVENTS_LIST}),
            ),
            Entry(
                label=N_("Stock balance"),
                endpoint="StockAccountView.show",
                icon="journal-text",
                permissions=frozenset({P.KEY_MOVEMENTS_LIST}),
            ),
            Entry(
                label=N_("Stock-takes"),
                endpoint="StockTakeView.list",
                icon="clipboard-check",
                permissions=frozenset({P.STOCK_TAKES_LIST}),
                rooms=frozenset({"StockTakeView", "StockTakeLineView", "StockLevelView"}),
            ),
        ),
    ),
    Group(
        label=N_("Archives"),
        entries=(
            Entry(
                label=N_("Archive files"),
                endpoint="ArchiveView.list",
                icon="archive",
                permissions=frozenset({P.ARCHIVES_LIST}),
            ),
            Entry(
                label=N_("Retrieval log"),
                endpoint="ArchiveLoanView.list",
                icon="journal-arrow-up",
                permissions=frozenset({P.ARCHIVES_LIST}),
            ),
        ),
    ),
    Group(
        label=N_("Audit"),
        entries=(
            Entry(
                label=N_("Audit trail"),
                endpoint="AuditEventView.list",
                icon="clock-history",
                permissions=frozenset({P.AUDIT_EVENTS_LIST}),
            ),
        ),
    ),
    Group(
        label=N_("Reference"),
        entries=(
            Entry(
                label=N_("Permission items"),
                endpoint="PermissionItemView.list",
                icon="list-check",
                permissions=frozenset({P.PERMISSION_ITEMS_LIST}),
            ),
            Entry(
                label=N_("Articles"),
                endpoint="ArticleView.list",
                icon="book",
                permissions=frozenset({P.CATALOGUE_LIST}),
            ),
            Entry(
                label=N_("Roads"),
                endpoint="RoadStepView.drawn_roads",
                icon="signpost-split",
                permissions=frozenset({P.CATALOGUE_LIST}),
            ),
            Entry(
                label=N_("Checklists"),
                endpoint="PaperRequirementView.list",
                icon="paperclip",
                permissions=frozenset({P.CATALOGUE_LIST}),
            ),
            Entry(
                label=N_("Offices"),
                endpoint="OfficeView.list",
                icon="diagram-3",
                permissions=frozenset({P.CATALOGUE_LIST}),
            ),
        ),
    ),
    Group(
        label=N_("Settings"),
        entries=(
            Entry(
                label=N_("Roles"),
                endpoint="RoleView.list",
                icon="person-badge",
                permissions=frozenset({P.ROLES_LIST}),
            ),
        ),
    ),
)


def menu_for(actor: Actor, counts: Mapping[str, int], room: str | None) -> Markup:
    """Return the groups of the menu that have something for `actor`, and nothing else, drawn."""
    shown = tuple(sorted((name, _bounded(count)) for name, count in counts.items()))
    return _menu(request.script_root, language(), actor.permissions, room, shown)


@lru_cache(maxsize=1024)
def _menu(
    _script_root: str,
    _language: str,
    permissions: frozenset[Permission],
    room: str | None,
    counts: tuple[tuple[str, int | str], ...],
) -> Markup:
    """Draw the menu once for all who hold the same permissions and stand in the same room."""
    counted = dict(counts)
    groups = []
    for group in MENU:
        entries = [
            {
                "label": _(entry.label),
                "url": url_for(entry.endpoint),
                "icon": entry.icon,
                "active": room is not None and room in (entry.rooms or {_room(entry.endpoint)}),
                "count": counted.get(entry.count, 0),
            }
            for entry in group.entries
            if entry.endpoint in current_app.view_functions
            and (not entry.permissions or entry.permissions & permissions)
        ]
        if entries:
            groups.append({"label": _(group.label), "icon": "", "entries": entries})
    return Markup(render_template("macros/_menu.html", groups=groups))  # noqa: S704 - just drawn


def _room(endpoint: str) -> str:
    return endpoint.partition(".")[0]


def _bounded(count: int) -> int | str:
    return f"{worklists.BOUND - 1}+" if count >= worklists.BOUND else count
