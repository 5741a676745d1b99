"""Organisations are registered and corrected by the rules, on record, in a tree without circles."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from app.catalog.enums import CodeKind, LegalForm
from app.errors import Conflict, DomainError, Forbidden, InvalidInput
from app.extensions import db
from app.models.audit import AuditEvent
from app.models.organizations import Organization
from app.security.actor import acting
from app.services import organizations
from app.services.commits import committing
from app.services.organizations import amend_organization, register_organization, seat_offices
from tests.support.factories import NOON, Office
from tests.support.hands import said
from tests.support.people import social_credit_code

SECURITY = "security_administrator"
DEVELOPER = {"code": social_credit_code(700), "name": "新城置业有限公司", "type": "developer"}
BANK = {"code": social_credit_code(701), "name": "新城银行", "type": "financial"}


def register(office: Office, **changed: Any) -> Organization:
    with office.acting(SECURITY) as actor:
        return register_organization(
            office.session, raw={**DEVELOPER, **changed}, actor=actor, now=office.now
        )


def amend(office: Office, organization: Organization, **changed: Any) -> Organization:
    with office.acting(SECURITY) as actor:
        return amend_organization(
            office.session, organization, changed, actor=actor, now=office.now
        )


@pytest.mark.rule("M2")
def test_a_developer_is_registered_with_its_only_legal_form_and_goes_on_record(office):
    made = register(office)

    assert made.code_kind == CodeKind.SOCIAL_CREDIT
    assert made.legal_form == LegalForm.ENTERPRISE
    event = office.last_event()
    assert (event.tag, event.rule, event.subject_id) == ("organization:registered", "M2", made.id)
    assert event.new["code"] == DEVELOPER["code"]


@pytest.mark.rule("M2")
def test_an_organization_code_of_nine_characters_is_taken_with_its_hyphen(office):
    made = register(office, code="12345678-8")

    assert (made.code, made.code_kind) == ("123456788", CodeKind.ORGANIZATION_CODE)


@pytest.mark.rule("M2", "M5.2")
@pytest.mark.parametrize(
    ("changed", "field", "code", "rule"),
    [
        ({"code": social_credit_code(700)[:-1] + "0"}, "code", "*check_character", "M2"),
        ({"code": "12345"}, "code", "organization_identifier_length", "M2"),
        ({"code": ""}, "code", "required", "M2"),
        ({"name": ""}, "name", "required", "M2"),
        ({"name": "=HYPERLINK(1)"}, "name", "name_formula", "M5"),
        ({"name": "长" * 121}, "name", "name_too_long", "M5"),
        ({"name": "某\x00公司"}, "name", "nul_character", None),
        ({"type": "ministry"}, "type", "unknown_choice", "M2"),
        ({"type": ["developer"]}, "type", "unknown_choice", "M2"),
        ({"legal_form": "institution"}, "legal_form", "form_does_not_fit", "M5.2"),
        ({"type": "other"}, "legal_form", "required", "M5.2"),
        ({"type": "district"}, "district_code", "required", "M2"),
        ({"district_code": "999999"}, "district_code", "unknown_district", "M2"),
        ({"parent": social_credit_code(999)}, "parent", "unknown_organization", "M2"),
        ({"parent_id": 10**12}, "parent_id", "unknown_organization", "M2"),
        ({"parent": {"id": 1}}, "parent", "not_text", None),
        ({"state": "closed"}, "state", "unknown_field", None),
    ],
)
def test_a_wrong_entry_is_named_by_field_and_rule_and_nothing_is_registered(
    office, changed, field, code, rule
):
    before = office.count(Organization)

    with pytest.raises(InvalidInput) as error:
        register(office, **changed)

    assert len(error.value.details) == 1
    (found,) = said(error)
    assert (found[0], found[2]) == (field, rule)
    assert found[1].endswith(code.removeprefix("*"))
    assert office.count(Organization) == before


@pytest.mark.rule("M2")
def test_a_code_is_registered_once(office):
    register(office)

    with pytest.raises(InvalidInput) as error:
        register(office, name="同码公司")

    assert said(error) == [("code", "code_taken", "M2")]


@pytest.mark.rule("M2")
def test_two_who_register_the_same_code_at_once_are_told_apart_by_the_database(office, monkeypatch):
    register(office)
    office.session.commit()
    monkeypatch.setattr(organizations, "_check_code_is_free", lambda *_a, **_k: None)

    with office.acting(SECURITY) as actor, pytest.raises(Conflict) as error:  # noqa: SIM117
        with committing(
            office.session,
            tag="organization:registered",
            actor=actor,
            now=NOON,
            subject_type="organization",
        ):
            register_organization(office.session, raw=DEVELOPER, actor=actor, now=NOON)

    assert said(error) == [("code", "code_taken", "M2")]
    assert [event.tag for event in office.refusals()] == ["organization:registered"]


@pytest.mark.rule("M2")
def test_management_units_and_enterprises_do_not_stand_under_each_other(office):
    with pytest.raises(InvalidInput) as error:
        register(office, parent=office.organization("east").code)

    assert said(error) == [("parent", "parent_of_other_kind", "M2")]


@pytest.mark.rule("M2")
def test_the_tree_has_no_circle(office):
    top = register(office)
    middle = register(office, code=social_credit_code(702), name="二级公司", parent=top.code)
    low = register(office, code=social_credit_code(703), name="三级公司", parent=middle.code)

    for parent in (low, middle, top):
        with pytest.raises(InvalidInput) as error:
            amend(office, top, parent=parent.code)
        assert said(error) == [("parent", "circular", "M2")]
    assert top.parent_id is None


@pytest.mark.rule("M2")
def test_a_correction_is_recorded_with_what_was_and_what_is(office):
    made = register(office)

    amend(office, made, name="新城地产有限公司", district_code="110105")

    event = office.last_event()
    assert event.tag == "organization:amended"
    assert event.old == {"name": "新城置业有限公司", "district_code": None}
    assert event.new == {"name": "新城地产有限公司", "district_code": "110105"}


def test_a_correction_that_changes_nothing_leaves_no_event(office):
    made = register(office)
    before = office.count(AuditEvent)

    amend(office, made, name=made.name)

    assert office.count(AuditEvent) == before


@pytest.mark.rule("M4a")
def test_the_type_stays_once_people_belong_to_the_organization(office):
    with pytest.raises(InvalidInput) as error:
        amend(office, office.organization("agency"), type="developer")

    assert said(error) == [("type", "type_in_use", "M4a")]


def test_a_new_type_brings_its_legal_form(office):
    made = register(office)

    amend(office, made, type="financial")

    assert made.legal_form == LegalForm.FINANCIAL


def test_a_stale_version_is_refused(office):
    made = register(office)
    seen = made.version
    amend(office, made, name="改名一次有限公司")

    with office.acting(SECURITY) as actor, pytest.raises(Conflict):
        amend_organization(
            office.session,
            made,
            {"name": "改名两次有限公司"},
            actor=actor,
            now=NOON,
            expected_version=seen,
        )


@pytest.mark.parametrize(
    "login", ["reg1", "info1", "auditor", "system_administrator", "east.admin"]
)
def test_who_has_no_right_to_it_registers_nothing(office, login):
    with office.acting(login) as actor, pytest.raises(Forbidden):
        register_organization(office.session, raw=DEVELOPER, actor=actor, now=NOON)


@pytest.mark.rule("M3")
def test_offices_are_seated_in_municipal_units_only(office):
    with office.acting("system_administrator") as actor, pytest.raises(InvalidInput) as error:
        seat_offices(
            office.session, office.organization("east"), codes=["REG"], actor=actor, now=NOON
        )

    assert said(error) == [("organization", "not_municipal", "M3")]


@pytest.mark.rule("M2")
def test_two_who_put_each_one_under_the_other_at_once_make_no_circle(app, office):
    pair = [
        register(office, code=social_credit_code(710 + n), name=f"第{n}公司").id for n in range(2)
    ]
    actor = office.actor(SECURITY)
    office.session.commit()
    together = Barrier(2)

    def put_under(child: int, parent: int) -> str:
        with app.app_context(), acting(db.session(), actor):
            together.wait()
            try:
                with committing(
                    db.session(),
                    tag="organization:amended",
                    actor=actor,
                    now=NOON,
                    subject_type="organization",
                ):
                    amend_organization(
                        db.session(),
                        db.session().get_one(Organization, child),
                        {"parent_id": parent},
                        actor=actor,
                        now=NOON,
                    )
            except DomainError as error:
                return error.code
            return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(put_under, pair, reversed(pair)))

    assert outcomes[0] == "done"
    assert outcomes[1] in {"invalid_input", "state_changed"}
    assert office.count(Organization, Organization.parent_id.in_(pair)) == 1
