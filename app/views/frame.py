"""The frame of every page: the menu by task, who is signed in, what waits, the language (X7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup

from app import i18n
from app.catalog.enums import OfficeCode
from app.catalog.permissions import ROLE_LABELS, Permission, RoleName
from app.extensions import db
from app.i18n import LANGUAGES, N_, _, language, pick
from app.security.actor import Actor
from app.services import regulations, worklists
from app.views import headers, parts
from app.views.access import actor_or_none, here
from app.views.wording import joined, link

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
                label=N_("Runs of jobs"),
                endpoint="JobRunView.list",
                icon="clock",
                permissions=frozenset({P.JOB_RUNS_LIST}),
            ),
        ),
    ),
    Group(
        label=N_("Business"),
        entries=(
            Entry(
                label=N_("Business"),
                endpoint="CaseView.list",
                icon="briefcase",
                permissions=frozenset({P.CASES_LIST}),
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
        label=N_("Settings"),
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
                endpoint="RoadStepView.list",
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


def switch_url(code: str) -> str:
    """Return the address that changes the language and comes back here."""
    back = here() if request.method == "GET" and request.endpoint else url_for("HomeView.index")
    return url_for("LanguageView.switch", code=code, next=back)


def language_switch() -> dict[str, str]:
    """Return the present language and the way to the other one."""
    current = language()
    other = next(code for code in LANGUAGES if code != current)
    return {
        "current": current,
        "other_label": LANGUAGES[other],
        "switch_url": switch_url(other),
    }


def _person(actor: Actor) -> dict[str, Any]:
    office = regulations.offices(db.session()).get(actor.office) if actor.office else None
    roles = [role for role in RoleName if actor.has_role(role)]
    named = [role for role in roles if role != RoleName.HOLDER] or roles
    return {
        "name": current_user.name,
        "office": pick(office, "short_name") if isinstance(actor.office, OfficeCode) else "",
        "organization": current_user.organization.name,
        "role": joined(_(ROLE_LABELS[role]) for role in named),
        "url": (
            link("AccountView.show", pk=actor.account_id) if actor.may(P.ACCOUNTS_LIST) else ""
        ),
    }


def _frame() -> dict[str, Any]:
    actor = None if g.get("frame_plain") else actor_or_none()
    frame: dict[str, Any] = {"language": language_switch(), "person": None, "demo": False}
    if actor is None:
        return frame
    waiting = g.get("waiting")
    if waiting is None:
        waiting = worklists.count_waiting(db.session(), actor)
    must_change = current_user.must_change_password
    return {
        **frame,
        "menu": "" if must_change else menu_for(actor, {WAITING: waiting}, request.blueprint),
        "person": _person(actor),
        "inbox_count": actor.unread,
        "urls": {
            "home": url_for("HomeView.index"),
            "search": link("SearchView.index") or url_for("HomeView.index"),
            "inbox": url_for("InboxView.list"),
            "logout": url_for("SignInView.logout"),
            "password": url_for("SignInView.password"),
        },
    }


class Frame:
    """This request's frame, made when a template first asks: fragments cost nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__.update(_frame())
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None


def template_url_for(endpoint: str, **values: Any) -> str:
    """Return the address of a page, or of an asset, which a page names some hundred times."""
    if endpoint == "static" and len(values) == 1:
        return parts.asset(request.script_root, values["filename"])
    return url_for(endpoint, **values)


def init_app(application: Flask) -> None:
    """Give `frame` and words to every template and the security headers to every answer."""
    headers.init_app(application)
    i18n.install(application.jinja_env)
    application.context_processor(lambda: {"frame": Frame()})
    application.jinja_env.globals["url_for"] = template_url_for
    parts.init_app(application)
