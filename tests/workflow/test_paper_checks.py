"""第五条（二）: nobody passes while a paper lacks its original, its copy or its seal."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.catalog.enums import ApplicationState, LegalForm, OfficeCode, OrganizationType
from app.catalog.loader import load_catalog
from app.catalog.types import PaperRequirement
from app.errors import Forbidden, InvalidInput, Refused
from app.i18n import speaking
from app.models.materials import PaperCheck
from app.models.regulations import PaperRequirement as PaperRow
from tests.support.factories import (
    ENTERPRISES,
    MANAGEMENT,
    UNITS,
    Office,
    administrator_of,
    staff_of,
)

pytestmark = pytest.mark.rule("M5.2")

SERVICE = staff_of(OfficeCode.SERVICE)
TICKS = {"original_seen": "original", "copy_kept": "copy", "copy_stamped": "stamp"}
WORDS = {
    "original_seen": "original not seen",
    "copy_kept": "no copy kept",
    "copy_stamped": "copy not stamped",
}


def checklist(unit: str) -> dict[str, PaperRequirement]:
    """The papers of a unit by 第五条（二）, read from the catalogue and not through the program."""
    groups = {UNITS[unit].legal_form.value, UNITS[unit].type.value}
    papers = sorted(load_catalog().papers, key=lambda paper: paper.position)
    found: dict[str, PaperRequirement] = {}
    for paper in papers:
        if paper.applies_to.value in groups:
            found.setdefault(paper.code, paper)
    return found


def lacks() -> Iterator[Any]:
    """Every unit, every paper of its list, every tick that the paper needs."""
    for unit in ENTERPRISES:
        for code, paper in checklist(unit).items():
            for tick, needed in TICKS.items():
                if getattr(paper, needed):
                    yield pytest.param(unit, code, tick, id=f"{unit}-{code}-{tick}")


def tick(office: Office, identity: int, code: str, **ticks: bool) -> None:
    papers = [
        {"id": check.id, **ticks}
        for check in office.application(identity).paper_checks
        if check.paper_code == code
    ]
    office.perform(SERVICE, identity, "check_papers", data={"papers": papers})


def lacking(refusal: Any) -> list[tuple[str, str]]:
    return [(d.msgid, d.params["paper"]) for d in refusal.value.details]


@pytest.mark.parametrize("unit", ENTERPRISES)
def test_the_checklist_is_the_articles_a_paper_each_or_one_for_every_person(
    office: Office, unit: str
):
    identity = office.submitted(unit, people=3)
    application = office.application(identity)
    listed = sorted((c.paper_code, c.line_id or 0) for c in application.paper_checks)
    wanted = [
        (code, owner)
        for code, paper in checklist(unit).items()
        for owner in ([line.id for line in application.lines] if paper.per_person else [0])
    ]
    assert listed == sorted(wanted)
    assert not any(
        c.original_seen or c.copy_kept or c.copy_stamped for c in application.paper_checks
    )


@pytest.mark.parametrize("unit", MANAGEMENT)
def test_a_management_unit_is_asked_for_no_papers_of_identity(office: Office, unit: str):
    assert office.application(office.submitted(unit)).paper_checks == []


def test_the_lists_of_the_article():
    assert [*checklist("developer")] == [
        "application_form",
        "business_licence",
        "organization_code_certificate",
        "legal_representative_id",
        "operator_id",
        "developer_qualification",
    ]
    assert "financial_licence" in checklist("bank")
    assert "developer_qualification" not in checklist("agency")
    assert [*checklist("institute")] == [
        "application_form",
        "organization_code_certificate",
        "responsible_person_id",
        "operator_id",
    ]


@pytest.mark.parametrize("unit", ENTERPRISES)
def test_the_identity_paper_of_the_representative_needs_only_a_stamped_copy(
    office: Office, unit: str
):
    (code,) = {"legal_representative_id", "responsible_person_id"} & checklist(unit).keys()
    identity = office.submitted(unit)
    office.tick_everything(identity, SERVICE)
    tick(office, identity, code, original_seen=False)
    assert office.perform(SERVICE, identity, "approve").state == ApplicationState.CONFIGURED


@pytest.mark.parametrize(("unit", "code", "lacked"), list(lacks()))
def test_a_paper_that_lacks_one_tick_keeps_the_form_from_passing_and_is_named(
    office: Office, unit: str, code: str, lacked: str
):
    identity = office.submitted(unit)
    office.tick_everything(identity, SERVICE)
    tick(office, identity, code, **{lacked: False})
    with speaking("en"), pytest.raises(Refused) as refusal:
        office.perform(SERVICE, identity, "approve")
    (detail,) = refusal.value.details
    assert (detail.code, detail.rule) == ("paper_lacking", "M5.2")
    assert WORDS[lacked] in detail.msgid
    assert checklist(unit)[code].name.en in detail.params["paper"]
    application = office.application(identity)
    assert application.state == ApplicationState.SUBMITTED
    assert all(line.account_id is None for line in application.lines)


@pytest.mark.parametrize("unit", ENTERPRISES)
def test_without_any_tick_every_lack_of_every_paper_is_named(office: Office, unit: str):
    identity = office.submitted(unit)
    with pytest.raises(Refused) as refusal:
        office.perform(SERVICE, identity, "approve")
    wanted = sum(
        getattr(paper, needed) for paper in checklist(unit).values() for needed in TICKS.values()
    )
    assert len(lacking(refusal)) == wanted
    assert refusal.value.rule == "M5.2"


def test_the_paper_of_one_person_does_not_serve_for_another(office: Office):
    identity = office.submitted("bank", people=2)
    office.tick_everything(identity, SERVICE)
    first, second = office.application(identity).lines
    (check,) = [c for c in office.application(identity).paper_checks if c.line_id == second.id]
    check.copy_kept = False
    office.session.commit()
    with pytest.raises(Refused) as refusal:
        office.perform(SERVICE, identity, "approve")
    ((_words, paper),) = lacking(refusal)
    assert second.name in paper
    assert first.name not in paper


def test_whoever_is_refused_needs_no_paper_any_more(office: Office):
    identity = office.submitted("bank", people=2)
    office.tick_everything(identity, SERVICE)
    second = office.application(identity).lines[1]
    tick_of_second = {"code": "operator_id", "position": 2, "original_seen": False}
    office.perform(SERVICE, identity, "check_papers", data={"papers": [tick_of_second]})
    data = {"lines": [{"position": 2, "verdict": "refuse", "reason": "原件未见"}]}
    office.perform(SERVICE, identity, "approve", data=data)
    assert second.id
    assert office.application(identity).state == ApplicationState.CONFIGURED


def test_who_ticked_what_is_on_record(office: Office):
    identity = office.submitted("agency")
    tick(office, identity, "business_licence", original_seen=True, copy_kept=True)
    event = office.last_event()
    (check,) = [
        c for c in office.application(identity).paper_checks if c.paper_code == "business_licence"
    ]
    place = f"business_licence.{check.id}"
    assert event.tag == "application:papers_checked"
    assert event.old == {place: {"original_seen": False, "copy_kept": False}}
    assert event.new == {place: {"original_seen": True, "copy_kept": True}}
    assert (check.checked_by_id, check.checked_at) == (office.account(SERVICE).id, office.now)
    assert not check.copy_stamped


def test_ticks_stay_when_a_corrected_form_comes_back_and_a_new_person_brings_a_new_paper(
    office: Office,
):
    from app.services.applications import save_draft

    identity = office.submitted("bank")
    office.tick_everything(identity, SERVICE)
    office.perform(SERVICE, identity, "return", comment="补充人员")
    with office.acting(administrator_of("bank")) as actor:
        application = office.application(identity)
        (line,) = application.lines
        kept = {
            "id": line.id,
            "name": line.name,
            "sex": line.sex.value,
            "citizen_id": line.citizen_id,
        }
        raw = {
            "contact_name": application.contact_name,
            "contact_phone": application.contact_phone,
            "responsible_person": application.responsible_person,
            "lines": [office.person(), kept],
        }
        save_draft(office.session, application, raw, actor=actor, now=office.now, strict=True)
        office.session.commit()
    office.perform(administrator_of("bank"), identity, "submit")
    with pytest.raises(Refused) as refusal:
        office.perform(SERVICE, identity, "approve")
    newcomer = office.application(identity).lines[0].name
    assert {paper for _words, paper in lacking(refusal) if newcomer not in paper} == set()
    assert len(lacking(refusal)) == 3


@pytest.mark.parametrize(
    "paper",
    [
        {"code": "nonsense", "copy_kept": True},
        {"id": 999_999, "copy_kept": True},
        {"code": "developer_qualification", "copy_kept": True},
        {"code": "operator_id", "position": 7, "copy_kept": True},
        {},
    ],
    ids=["unknown-code", "unknown-id", "of-another-type", "of-nobody", "empty"],
)
def test_a_paper_that_is_not_asked_of_this_applicant_is_refused(
    office: Office, paper: dict[str, Any]
):
    identity = office.submitted("bank")
    with pytest.raises(InvalidInput) as refusal:
        office.perform(SERVICE, identity, "check_papers", data={"papers": [paper]})
    assert [(d.field, d.code) for d in refusal.value.details] == [
        ("data.papers.1", "unknown_paper")
    ]


@pytest.mark.parametrize("value", ["true", 1, None, [], {}])
def test_a_tick_is_true_or_false(office: Office, value: object):
    identity = office.submitted("bank")
    data = {"papers": [{"code": "business_licence", "copy_kept": value}]}
    with pytest.raises(InvalidInput) as refusal:
        office.perform(SERVICE, identity, "check_papers", data=data)
    assert [d.code for d in refusal.value.details] == ["not_boolean"]


@pytest.mark.parametrize("login", ["reg1", "info1", "research1", "developer.admin"])
def test_nobody_else_ticks(office: Office, login: str):
    identity = office.submitted("developer")
    with pytest.raises(Forbidden):
        office.tick_everything(identity, login)
    assert office.count(PaperCheck, PaperCheck.copy_kept) == 0


def test_every_legal_form_of_an_enterprise_has_a_list(office: Office):
    forms = {row.applies_to.value for row in office.session.query(PaperRow)}
    assert set(LegalForm) <= forms
    assert OrganizationType.DEVELOPER in forms


def test_a_paper_of_each_person_is_ticked_for_all_where_no_person_is_named(office: Office):
    identity = office.submitted("developer", people=3)
    papers = [{"code": "operator_id", "original_seen": True}]
    office.perform(SERVICE, identity, "check_papers", data={"papers": papers})
    checks = [c for c in office.application(identity).paper_checks if c.line_id is not None]
    assert [c.original_seen for c in checks] == [True, True, True]
