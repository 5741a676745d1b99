"""Every endpoint, as everybody, against the rows of another organisation."""

import io

import pytest
from sqlalchemy import select

from app.catalog.enums import Category
from app.catalog.lifecycles import all_lifecycles
from app.models.accounts import Account
from app.models.applications import Application
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.cases import Case
from app.models.keys import Key, KeyMovement
from app.models.materials import Material
from app.models.organizations import Organization
from app.models.roles import Role
from app.services.resources import RESOURCES
from tests.support.archives import lent
from tests.support.cases import case
from tests.support.factories import UNITS
from tests.support.paper import png
from tests.support.rows import changes, everything

OFFICES = {"reg1", "mkt1", "info1", "research1", "service1"}
OVERSIGHT = {"auditor", "security_administrator", "system_administrator"}
UNITS_OF_OTHERS = {"east.admin", "developer.admin", "agency.admin"}
HOLDER = "bank.admin"
EVERYBODY = sorted(OFFICES | OVERSIGHT | UNITS_OF_OTHERS | {HOLDER, "west.admin"})

SEES: dict[str, set[str]] = {
    "organizations": OFFICES | OVERSIGHT | {"west.admin"},
    "accounts": OFFICES | {"auditor", "security_administrator", "west.admin"},
    "keys": {
        "reg1",
        "mkt1",
        "info1",
        "research1",
        "auditor",
        "security_administrator",
        "west.admin",
    },
    "key_movements": {"research1", "auditor"},
    "applications": {"reg1", "auditor", "west.admin"},
    "drafts": {"auditor", "west.admin"},
    "materials": {"auditor", "west.admin"},
    "cases": {"reg1", "info1", "research1", "auditor", "west.admin"},
    "print_copies": {"reg1", "auditor", "west.admin"},
    "scans": {"auditor", "west.admin"},
    "archives": {"research1", "auditor"},
    "archive_loans": {"research1", "auditor"},
    "audit_events": {"auditor"},
}
"""Who sees what belongs to west: a draft nobody but the unit itself and the auditor."""

MARKED = "西域人"
ACTS = sorted({act.action for life in all_lifecycles() for act in life.transitions})


@pytest.fixture
def west(rest, office, session):
    """One row of each kind that belongs to west; the ids by resource, and the words to look for."""
    line = office.person(items=office.lines("west", Category.REGISTRATION)[0]["items"])
    handed_in = office.submitted("west", lines=[line | {"name": MARKED}])
    draft = office.draft("west", lines=[office.person(items=line["items"]) | {"name": MARKED}])
    sent = rest("west.admin").ask(
        "POST",
        "materials/",
        data={"application_id": str(draft), "file": (io.BytesIO(png()), f"{MARKED}.png")},
    )
    assert sent.status_code == 201, sent.json
    paper = rest("west.admin").post("print_copies/", {"application_id": handed_in})
    assert paper.status_code == 201, paper.json
    scan = rest("west.admin").ask(
        "POST", "scans/", data={"file": (io.BytesIO(png()), f"{MARKED}.png")}
    )
    assert scan.status_code == 201, scan.json
    holder = office.account("bank.admin")
    holder.roles = list(session.scalars(select(Role).where(Role.name == "holder")))
    session.commit()
    account = office.account("west.admin")
    key = session.scalars(select(Key).where(Key.holder_id == account.id)).one()
    movement = session.scalars(select(KeyMovement).where(KeyMovement.key_id == key.id)).first()
    file = lent(office, "reg1", unit="west")
    loan = session.scalars(select(ArchiveLoan.id).where(ArchiveLoan.file_id == file)).one()
    rows = {
        "organizations": office.organization("west").id,
        "accounts": account.id,
        "keys": key.id,
        "key_movements": movement.id,
        "applications": handed_in,
        "drafts": draft,
        "materials": sent.json["id"],
        "cases": case(office, "west.admin", district_code="110102"),
        "print_copies": paper.json["id"],
        "scans": scan.json["id"],
        "archives": file,
        "archive_loans": loan,
        "audit_events": office.events()[0].id,
    }
    numbers = [office.application(identity).number for identity in (handed_in, draft)]
    session.rollback()
    return rows, [MARKED, *numbers]


def path_of(resource):
    return "applications" if resource == "drafts" else resource


@pytest.mark.rule("M2")
@pytest.mark.parametrize("login", EVERYBODY)
def test_rows_are_seen_by_whom_the_table_says(rest, west, login):
    rows, _words = west
    somebody = rest(login)
    for resource, identity in rows.items():
        answer = somebody.get(f"{path_of(resource)}/{identity}")
        listed = somebody.get(f"{path_of(resource)}/?q=(page_size:-1)")
        if login in SEES[resource]:
            assert answer.status_code == 200, (resource, answer.json)
            assert resource == "audit_events" or identity in listed.json["ids"]
        else:
            assert answer.status_code in {403, 404}, resource
            assert listed.status_code == 403 or identity not in listed.json["ids"]


@pytest.mark.rule("M2")
@pytest.mark.parametrize("login", EVERYBODY)
def test_nothing_reaches_beyond_the_own_rows(app, rest, office, west, login):
    rows, words = west
    somebody = rest(login)
    before = stand_of(office, rows)
    hidden = {resource: pk for resource, pk in rows.items() if login not in SEES[resource]}
    for resource, identity in hidden.items():
        for method, address in addresses(app, path_of(resource), identity):
            answer = somebody.ask(method, address, json={} if method != "GET" else None)
            code = answer.json["code"]
            assert answer.status_code in {403, 404} or code == "unknown_action", (address, code)
            assert not any(word in answer.get_data(as_text=True) for word in words), address
    assert stand_of(office, rows) == before


def test_the_auditor_changes_nothing_by_any_endpoint(app, rest, office, west):
    rows, _words = west
    auditor, before = rest("auditor"), everything(office.session)
    asked = [
        (method, address)
        for name, identity in rows.items()
        for method, address in addresses(app, path_of(name), identity)
        if method != "GET"
    ]
    for rule in app.url_map.iter_rules():
        if str(rule).startswith("/api/v1/") and not str(rule).startswith("/api/v1/security"):
            free = not rule.arguments and rule.methods & {"POST", "PUT", "DELETE"}
            asked += [(method, str(rule)) for method in free or ()]
    assert len(asked) > 100
    for method, address in asked:
        answer = auditor.ask(method, address, json={"comment": "x"})
        told = answer.status_code == 200 and address.endswith("/reveal")
        assert told or answer.status_code in {400, 403, 404, 409, 422}, (method, address)
    assert changes(before, everything(office.session)) == {}


@pytest.mark.rule("M2")
@pytest.mark.parametrize("login", sorted(UNITS_OF_OTHERS | {HOLDER}))
def test_no_list_search_picker_or_description_tells_of_another_unit(app, rest, west, login):
    _rows, words = west
    words = [*words, UNITS["west"].name, "west.admin"]
    somebody = rest(login)
    for name, resource in RESOURCES.items():
        if f"/api/v1/{name}/" not in {str(rule) for rule in app.url_map.iter_rules()}:
            continue
        addresses = [f"{name}/", f"{name}/_info"]
        addresses += [f"{name}/?q=(search:'{word[:8]}')" for word in words]
        for column in resource.columns:
            addresses += [f"{name}/related/{column}", f"{name}/distinct/{column}"]
        for address in addresses:
            told = somebody.get(address).get_data(as_text=True)
            assert not any(word in told for word in words), address


def addresses(app, name, identity):
    """Every address of a resource that names a row, with every act there is."""
    for rule in app.url_map.iter_rules():
        if not str(rule).startswith(f"/api/v1/{name}/") or "pk" not in rule.arguments:
            continue
        for action in ACTS if "action" in rule.arguments else [""]:
            values = {"pk": identity, "position": 1, "action": action}
            _, path = rule.build({k: v for k, v in values.items() if k in rule.arguments})
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield method, path


def stand_of(office, rows):
    """What west's rows look like, to be compared."""
    office.session.expire_all()
    found = [
        (row.version, getattr(row, "state", None))
        for model, resource in (
            (Organization, "organizations"),
            (Account, "accounts"),
            (Key, "keys"),
            (Case, "cases"),
            (ArchiveFile, "archives"),
            (Application, "applications"),
            (Application, "drafts"),
        )
        for row in [office.session.get(model, rows[resource])]
    ]
    kept = office.session.get(Material, rows["materials"]) is not None
    office.session.rollback()
    return found, kept
