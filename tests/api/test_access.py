"""Every route says whom it opens to, in exactly one list; the lists are here, and they are kept."""

import pytest

from app.catalog.permissions import BUNDLES, Permission, RoleName
from app.views.api import APIS
from app.views.api.base import ConsoleApi
from tests.support.factories import staff

P = Permission

PUBLIC = {
    "OpenApiDocument.get",
    "SecurityApi.login",
    "SecurityApi.login_key",
    "SecurityApi.refresh",
}
WITH_A_FIRST_PASSWORD = {"SecurityApi.password", "SecurityApi.logout"}
SIGNED_IN = {
    "AccountsApi.act",
    "KeysApi.act",
    "ApplicationsApi.act",
    "ApplicationsApi.act_on_many",
    "CasesApi.act",
    "StockTakesApi.act",
    "ArchivesApi.act",
}
"""Who may do an act is asked by `fire()`, which knows the act and the record."""

READ = ("get_list", "get", "info", "related", "distinct")
EXPORTING = [api.__name__ for api in APIS if issubclass(api, ConsoleApi)]
BY_PERMISSION: dict[Permission, set[str]] = {
    P.ORGANIZATIONS_LIST: {f"OrganizationsApi.{name}" for name in READ},
    P.ORGANIZATIONS_ADD: {"OrganizationsApi.post"},
    P.ORGANIZATIONS_EDIT: {"OrganizationsApi.put"},
    P.ACCOUNTS_LIST: {f"AccountsApi.{name}" for name in (*READ, "actions")},
    P.ACCOUNTS_ADD: {"AccountsApi.post"},
    P.ACCOUNTS_EDIT: {"AccountsApi.put"},
    P.ACCOUNTS_REVEAL: {"AccountsApi.reveal", "ApplicationsApi.reveal_line"},
    P.ACCOUNTS_PASSWORD: {"AccountsApi.new_password"},
    P.PERMISSION_ITEMS_LIST: {f"PermissionItemsApi.{name}" for name in READ},
    P.KEYS_LIST: {f"KeysApi.{name}" for name in (*READ, "actions")},
    P.KEYS_ISSUE: {"KeyCredentialsApi.challenge", "KeyCredentialsApi.post"},
    P.KEYS_ADD: {"KeysApi.post"},
    P.KEY_MOVEMENTS_LIST: {f"KeyMovementsApi.{name}" for name in (*READ, "account")}
    | {f"KeyCredentialsApi.{name}" for name in READ},
    P.STOCK_TAKES_LIST: {
        *(f"StockTakesApi.{name}" for name in (*READ, "actions")),
        *(f"StockTakeLinesApi.{name}" for name in READ),
    },
    P.STOCK_TAKES_ADD: {"StockTakesApi.post"},
    P.STOCK_LEVELS_LIST: {f"StockLevelsApi.{name}" for name in READ},
    P.STOCK_LEVELS_EDIT: {"StockLevelsApi.put"},
    P.APPLICATIONS_LIST: {f"ApplicationsApi.{name}" for name in (*READ, "actions")},
    P.APPLICATIONS_ADD: {
        "AccountsApi.forms",
        *(f"ApplicationsApi.{name}" for name in ("post", "put", "template", "take_over")),
    },
    P.MATERIALS_LIST: {f"MaterialsApi.{name}" for name in (*READ, "content")},
    P.MATERIALS_ADD: {"MaterialsApi.post", "MaterialsApi.delete"},
    P.CASES_LIST: {f"CasesApi.{name}" for name in (*READ, "actions")},
    P.CASES_ADD: {"CasesApi.post"},
    P.CASES_EDIT: {"CasesApi.put"},
    P.LISTS_EXPORT: {f"{name}.export" for name in EXPORTING},
    P.JOB_RUNS_LIST: {f"JobRunsApi.{name}" for name in (*READ, "result", "stop", "go_on")},
    P.PRINT_COPIES_LIST: {f"PrintCopiesApi.{name}" for name in READ},
    P.PRINT_COPIES_ADD: {"PrintCopiesApi.post", "PrintCopiesApi.content"},
    P.SCANS_LIST: {f"ScansApi.{name}" for name in (*READ, "picture")},
    P.SCANS_ADD: {f"ScansApi.{name}" for name in ("post", "file_pages", "discard_pages")},
    P.ARCHIVES_LIST: {
        *(f"ArchivesApi.{name}" for name in (*READ, "actions")),
        *(f"ArchiveLoansApi.{name}" for name in READ),
    },
    P.ARCHIVES_FILE: {"ArchivesApi.shelve"},
    P.AUDIT_EVENTS_LIST: {f"AuditEventsApi.{name}" for name in READ},
}
FRAMEWORK = {"static"}
SAMPLE = {
    "kind": "new_user",
    "pk": "1",
    "column": "id",
    "action": "approve",
    "position": "1",
    "version": "v1",
}


def api_rules(app):
    return [rule for rule in app.url_map.iter_rules() if str(rule).startswith("/api/")]


def address(rule):
    _, path = rule.build(SAMPLE)
    return path


def test_every_api_route_stands_in_exactly_one_list(app):
    lists = [PUBLIC, WITH_A_FIRST_PASSWORD, SIGNED_IN, *BY_PERMISSION.values()]
    declared = [endpoint for each in lists for endpoint in each]
    assert len(declared) == len(set(declared))
    assert {rule.endpoint for rule in api_rules(app)} == set(declared)


def test_every_page_says_beside_itself_whom_it_opens_to(app):
    silent = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not str(rule).startswith("/api/")
        and rule.endpoint not in FRAMEWORK
        and getattr(app.view_functions[rule.endpoint], "access", None) is None
    }
    assert silent == set()


def test_routes_open_to_whom_the_lists_say(app):
    for rule in api_rules(app):
        view = app.view_functions[rule.endpoint]
        permission = view.access.permission(view.__self__.class_permission_name)
        assert view.access.public == (rule.endpoint in PUBLIC)
        assert view.access.first_password == (rule.endpoint in WITH_A_FIRST_PASSWORD)
        assert permission is None or rule.endpoint in BY_PERMISSION[permission]


def test_nobody_comes_in_without_signing_in(app, rest):
    stranger = rest()
    for rule in api_rules(app):
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = stranger.ask(method, address(rule))
            if rule.endpoint in PUBLIC:
                assert answer.status_code in {200, 400, 401}
            else:
                assert answer.status_code == 401, rule
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def may_list(app, endpoint, role):
    """Whether the role sees the list that it would take out."""
    return app.view_functions[endpoint].__self__.resource.permission in BUNDLES[role]


@pytest.mark.rule("M3")
@pytest.mark.parametrize("role", [role for role in RoleName if role != RoleName.HOLDER])
def test_no_role_comes_in_where_its_bundle_does_not_lead(app, rest, role):
    login = next(login for login, _unit, _office, held in staff() if held == role)
    somebody = rest(login)
    methods = {
        (rule.endpoint, method): rule
        for rule in api_rules(app)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    for permission, endpoints in BY_PERMISSION.items():
        for (endpoint, method), rule in methods.items():
            if endpoint not in endpoints:
                continue
            answer = somebody.ask(method, address(rule))
            if permission == P.LISTS_EXPORT and not may_list(app, endpoint, role):
                assert answer.status_code == 403, endpoint
            elif permission in BUNDLES[role]:
                assert answer.status_code != 401
                assert answer.json is None or answer.json.get("code") != "not_your_duty"
            else:
                assert answer.status_code == 403, (endpoint, permission)
