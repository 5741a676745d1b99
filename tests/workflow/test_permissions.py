"""Nobody works before user and key exist; who gets which items of annexes 1–2."""

from collections import Counter

import pytest

from app.catalog.enums import AccountState, ApplicationState, Category, OfficeCode, OrganizationType
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.permissions import RoleName
from app.errors import DomainError, Forbidden, InvalidInput, Refused
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.permissions import PermissionItem
from app.services.applications import choices
from app.workflow.effects.accounts import UNIT_ADMINISTRATION
from tests.support.factories import (
    ENTERPRISES,
    HOME,
    MANAGEMENT,
    UNITS,
    Office,
    administrator_of,
    staff_of,
)
from tests.support.people import person

CATALOG = load_catalog()
ITEMS = CATALOG.permission_items
TIERS = {unit.type: name for name, unit in UNITS.items()}
COUNTS = {
    OrganizationType.MUNICIPAL: (9, 2, 2),
    OrganizationType.DISTRICT: (7, 14, 1),
    OrganizationType.DEVELOPER: (8, 1, 2),
    OrganizationType.FINANCIAL: (0, 1, 3),
    OrganizationType.OTHER: (4, 1, 2),
}


def codes_of(tier: OrganizationType) -> list[str]:
    return [item.code for item in ITEMS if item.tier == tier]


def held(account: Account) -> list[str]:
    return sorted(grant.item.code for grant in account.grants if grant.valid_until is None)


# --- M4


@pytest.mark.rule("M4")
@pytest.mark.parametrize("unit", ["east", "developer"])
def test_nobody_is_active_before_the_key_is_there(office: Office, unit: str):
    identity = office.standing_at(ApplicationState.CONFIGURED, unit)
    account = office.application(identity).lines[0].account
    assert (account.state, account.password_hash, account.activated_at) == ("pending", None, None)
    assert held(account)

    office.walk(identity, until=lambda a: a.state == ApplicationState.COMPLETED)
    account = office.application(identity).lines[0].account
    assert account.state == AccountState.ACTIVE
    assert account.activated_at == office.now
    assert account.password_hash
    assert account.must_change_password
    assert office.count(Key, Key.holder_id == account.id, Key.state == "issued") == 1


@pytest.mark.rule("M4")
@pytest.mark.parametrize("action", ["activate", "open", "restore"])
def test_no_person_makes_an_account_active_without_a_key(office: Office, action: str):
    identity = office.account(administrator_of("east")).id
    for login in (staff_of(OfficeCode.RESEARCH), "security_administrator"):
        with pytest.raises(DomainError):
            office.perform(office.almighty(login), identity, action, model=Account, comment="?")
    assert office.session.get_one(Account, identity).state == AccountState.PENDING


@pytest.mark.rule("M4")
def test_the_first_password_is_told_once_and_kept_nowhere(office: Office):
    identity = office.standing_at(ApplicationState.CONFIGURED, "east")
    outcome = office.do_step(identity, "issue_key", OfficeCode.RESEARCH, idempotency_key="once")
    (told,) = outcome.secrets["lines"]
    password = told["initial_password"]
    assert len(password) == 12
    for event in office.events():
        assert password not in f"{event.old} {event.new} {event.comment}"
    again = office.perform(
        staff_of(OfficeCode.RESEARCH, 2), identity, "issue_key", idempotency_key="once"
    )
    assert (again.replayed, again.secrets) == (True, {})


@pytest.mark.rule("M4")
def test_each_grant_says_since_when_and_by_which_application(office: Office):
    identity = office.standing_at(ApplicationState.COMPLETED, "east", *Category)
    account = office.application(identity).lines[0].account
    assert len(account.grants) == 3
    assert {(g.valid_from, g.valid_until, g.application_id) for g in account.grants} == {
        (office.now, None, identity)
    }
    event = office.events(AuditEvent.tag == "account:granted")[-1]
    assert sorted(event.new["items"]) == held(account)


# --- M4a


@pytest.mark.rule("M4a", "M4b")
def test_the_annexes_have_as_many_items_as_they_print():
    printed = Counter((item.tier, item.category) for item in ITEMS)
    for tier, counts in COUNTS.items():
        assert tuple(printed[tier, category] for category in Category) == counts
    assert len(ITEMS) == 57


@pytest.mark.rule("M4a")
@pytest.mark.parametrize("unit", MANAGEMENT)
def test_a_management_unit_is_offered_the_items_of_its_own_tier_only(office: Office, unit: str):
    organization = office.organization(unit)
    offered = [item.code for item in choices(office.session, organization, office.now.date())]
    assert offered == codes_of(organization.type)


@pytest.mark.rule("M4a")
@pytest.mark.parametrize("tier", OrganizationType)
@pytest.mark.parametrize("unit", [HOME, "east"])
def test_an_item_of_another_tier_is_refused_one_by_one(
    office: Office, unit: str, tier: OrganizationType
):
    """Every item of annexes 1–2 on a form: those of the own tier pass, each other one is named."""
    codes = codes_of(tier)
    line = {**person(1), "items": codes}
    if tier == UNITS[unit].type:
        identity = office.draft(unit, lines=[line])
        assert len(office.application(identity).lines[0].items) == len(codes)
        return
    with pytest.raises(InvalidInput) as refusal:
        office.draft(unit, lines=[line])
    assert refusal.value.rule == "M4a"
    found = [(d.field, d.code, d.rule, d.params["code"]) for d in refusal.value.details]
    assert found == [("lines.1.items", "item_of_another_tier", "M4a", code) for code in codes]


@pytest.mark.rule("M4a")
@pytest.mark.parametrize(("unit", "tier"), [("east", "municipal"), (HOME, "district")])
def test_an_item_of_another_tier_that_came_past_the_form_is_not_handed_in(
    office: Office, unit: str, tier: str
):
    identity = office.draft(unit)
    line = office.application(identity).lines[0]
    line.items = office.session.query(PermissionItem).filter_by(tier=tier).limit(1).all()
    office.session.commit()
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of(unit), identity, "submit")
    (detail,) = refusal.value.details
    assert (detail.field, detail.code, detail.rule) == (
        "lines.1.items",
        "item_of_another_tier",
        "M4a",
    )


@pytest.mark.rule("M4a")
def test_a_district_user_may_hold_several(office: Office):
    codes = codes_of(OrganizationType.DISTRICT)
    identity = office.standing_at(
        ApplicationState.COMPLETED, "east", lines=[{**person(1), "items": codes}]
    )
    assert held(office.application(identity).lines[0].account) == sorted(codes)


@pytest.mark.rule("M4")
@pytest.mark.parametrize("unit", MANAGEMENT)
def test_a_management_users_form_without_an_item_is_refused(office: Office, unit: str):
    with pytest.raises(InvalidInput) as refusal:
        office.draft(unit, lines=[person(1)])
    assert [(d.field, d.code) for d in refusal.value.details] == [("lines.1.items", "required")]


@pytest.mark.rule("M4")
@pytest.mark.parametrize(
    "code", ["municipal.transaction.99", "", "' OR 1=1 --", "\x00", "中" * 200]
)
def test_an_item_that_is_in_no_annex_is_refused(office: Office, code: str):
    with pytest.raises(InvalidInput) as refusal:
        office.draft("east", lines=[{**person(1), "items": [code]}])
    assert next((d.field, d.code) for d in refusal.value.details) == (
        "lines.1.items",
        "unknown_item",
    )


# --- M4b


@pytest.mark.rule("M4b")
@pytest.mark.parametrize("unit", ENTERPRISES)
def test_enterprise_users_get_exactly_the_set_of_their_type(office: Office, unit: str):
    identity = office.standing_at(ApplicationState.COMPLETED, unit, people=2)
    wanted = sorted(codes_of(UNITS[unit].type))
    assert wanted
    for line in office.application(identity).lines:
        assert held(line.account) == wanted


@pytest.mark.rule("M4b")
@pytest.mark.parametrize("unit", ENTERPRISES)
@pytest.mark.parametrize("own", [True, False], ids=["own-tier", "other-tier"])
def test_an_enterprise_chooses_no_item_not_even_one_of_its_own(
    office: Office, unit: str, own: bool
):
    tier = UNITS[unit].type if own else OrganizationType.MUNICIPAL
    with pytest.raises(InvalidInput) as refusal:
        office.draft(unit, lines=[{**person(1), "items": codes_of(tier)[:1]}])
    assert [(d.field, d.code, d.rule) for d in refusal.value.details] == [
        ("lines.1.items", "items_set_by_type", "M4b")
    ]
    assert choices(office.session, office.organization(unit), office.now.date()) == []


@pytest.mark.rule("M4b")
def test_an_item_that_came_past_an_enterprises_form_is_not_handed_in(office: Office):
    identity = office.draft("developer")
    line = office.application(identity).lines[0]
    line.items = office.session.query(PermissionItem).filter_by(tier="developer").limit(1).all()
    office.session.commit()
    with pytest.raises(Refused) as refusal:
        office.perform(administrator_of("developer"), identity, "submit")
    assert refusal.value.rule == "M4b"


@pytest.mark.rule("M4b")
@pytest.mark.parametrize("login", [staff_of(OfficeCode.INFO), staff_of(OfficeCode.SERVICE)])
def test_nobody_configures_an_enterprise_by_hand(office: Office, login: str):
    identity = office.submitted("developer")
    with pytest.raises(Forbidden):
        office.perform(office.almighty(login), identity, "configure")


@pytest.mark.rule("M4b")
@pytest.mark.parametrize("tier", OrganizationType)
def test_who_is_granted_the_managing_of_the_own_unit_becomes_its_administrator(
    office: Office, tier: OrganizationType
):
    unit = TIERS[tier]
    managing = {item.code for item in ITEMS if UNIT_ADMINISTRATION in item.acts}
    asked = {"items": codes_of(tier)} if tier.is_management else {}
    identity = office.standing_at(ApplicationState.COMPLETED, unit, lines=[{**person(1), **asked}])
    account = office.application(identity).lines[0].account
    roles = {role.name for role in account.roles}
    assert (RoleName.ORGANIZATION_ADMINISTRATOR in roles) == bool(managing & set(held(account)))
    assert RoleName.HOLDER in roles


# --- A3: the annex's columns


@pytest.mark.rule("A3")
@pytest.mark.parametrize("kind", sorted(APPLICATIONS))
def test_a_forms_lines_have_the_annexs_columns_in_its_order(kind: ApplicationKind):
    (entry,) = [entry for entry in CATALOG.kinds if entry.kind == kind]
    line_class = Application.__mapper__.polymorphic_map[kind].class_.line_class
    assert line_class.columns == tuple(column.field for column in entry.columns)
    for column in line_class.columns:
        assert hasattr(line_class, column)


@pytest.mark.rule("A3")
def test_annex_3_has_name_sex_number_and_permissions():
    (entry,) = [entry for entry in CATALOG.kinds if entry.kind == ApplicationKind.NEW_USER]
    assert entry.annex == 3
    assert [column.heading.zh for column in entry.columns] == [
        "用户姓名",
        "性别",
        "身份证号",
        "申请权限",
    ]
