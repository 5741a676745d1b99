"""The demo office: what visitors should find, and nothing that did not come by a door."""

import itertools

import pytest
from sqlalchemy import func, select

from app.catalog.enums import (
    AccountState,
    ApplicationState,
    AuditOutcome,
    KeyState,
    LineVerdict,
    OrganizationType,
)
from app.catalog.identity import parse_citizen_id
from app.catalog.lifecycles import ApplicationKind
from app.catalog.permissions import RoleName
from app.clock import office_date
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.audit import AuditEvent
from app.models.cases import Case
from app.models.keys import Key, KeyMovement
from app.models.materials import Material
from app.models.notices import Notice
from app.models.organizations import Organization
from app.models.work import WorkItem
from app.security.actor import Actor
from app.services.demo.cast import REGION, cast
from app.services.signin import sign_in
from app.services.stock_accounts import differences
from app.services.working_time import is_working_day
from tests.demo.conftest import NOW

REACHED = {
    ApplicationKind.NEW_USER: set(ApplicationState),
    # one office decides here, and what it has passed is configured at once
    ApplicationKind.ENTERPRISE_USER: set(ApplicationState)
    - {ApplicationState.UNDER_REVIEW, ApplicationState.PASSED},
}


def count(session, model, *conditions):
    return session.scalar(select(func.count()).select_from(model).where(*conditions))


# --- What is there


@pytest.mark.rule("M2")
def test_there_are_units_of_every_type(session):
    types = dict(
        session.execute(select(Organization.type, func.count()).group_by(Organization.type)).all()
    )
    assert types == {
        OrganizationType.MUNICIPAL: 2,
        OrganizationType.DISTRICT: 3,
        OrganizationType.DEVELOPER: 2,
        OrganizationType.FINANCIAL: 1,
        OrganizationType.OTHER: 1,
    }


@pytest.mark.parametrize("kind", REACHED)
def test_there_are_applications_at_every_step(session, kind):
    reached = session.scalars(select(Application.state).where(Application.kind == kind))
    assert set(reached) == REACHED[kind]


def test_there_are_applications_of_every_kind(session):
    assert set(session.scalars(select(Application.kind))) == set(ApplicationKind)


def test_there_are_about_sixty_people_with_valid_numbers_that_nobody_bears(session):
    numbers = {
        *session.scalars(select(Account.citizen_id)),
        *(
            line.citizen_id
            for line in session.scalars(select(ApplicationLine))
            if hasattr(line, "citizen_id")
        ),
    }
    assert 55 <= len(numbers) <= 70
    for number in numbers:
        parse_citizen_id(number, today=office_date(NOW))
        assert number.startswith(REGION)


def test_a_line_is_refused_while_the_others_of_its_form_passed(session):
    forms = session.scalars(select(Application).where(Application.state == "completed"))
    verdicts = [{line.verdict for line in form.lines} for form in forms]
    assert {LineVerdict.PASSED, LineVerdict.REFUSED} in verdicts


def test_one_office_has_passed_where_the_other_still_reviews(session):
    (form,) = session.scalars(select(Application).where(Application.state == "under_review"))
    work = [(item.duty, item.closed_at is None) for item in form.work_items]
    assert sorted(work) == [("review_registration", False), ("review_transaction", True)]


def test_returned_forms_carry_remarks_on_the_very_field_or_paper(session):
    forms = session.scalars(select(Application).where(Application.state == "returned")).all()
    targets = {remark.target for form in forms for remark in form.remarks}
    assert {"lines.2.name", "papers.business_licence"} <= targets


@pytest.mark.rule("M9")
def test_both_issuing_offices_have_stock_and_the_counts_add_up(session):
    for office in ("RESEARCH", "SERVICE"):
        received = count(
            session, KeyMovement, KeyMovement.action == "receive", KeyMovement.office_code == office
        )
        accepted = KeyMovement.action == "accept"
        came = count(session, KeyMovement, accepted, KeyMovement.office_code == office)
        left = count(session, KeyMovement, accepted, KeyMovement.counterpart_code == office)
        assert count(session, Key, Key.office_code == office) == received + came - left
        assert count(
            session, Key, Key.office_code == office, Key.state == KeyState.IN_STOCK
        ) >= 10  # fmt: skip
    assert count(session, Key, Key.state == KeyState.LOST) == 1
    assert count(session, Key, Key.state == KeyState.IN_TRANSIT) == 2
    assert count(session, Key, Key.unreturned_since.is_not(None)) >= 1
    assert differences(session) == []


def test_papers_are_attached_and_lie_whole_in_the_store(session, demo):
    papers = session.scalars(select(Material)).all()
    assert {paper.content_type for paper in papers} == {
        "application/pdf",
        "image/png",
        "image/jpeg",
    }
    assert all(demo.files.is_intact(paper.sha256) for paper in papers)


def test_people_have_notices(session):
    assert count(session, Notice) > 50


# --- Who can sign in


def test_there_is_an_account_for_every_role_and_office(demo):
    listed = {(account.role, account.office) for account in demo.accounts}
    assert {role for role, _office in listed} == set(RoleName)
    assert {
        ("reviewer", "REG"),
        ("reviewer", "MKT"),
        ("configurator", "INFO"),
        ("key_officer", "RESEARCH"),
        ("key_officer", "SERVICE"),
    } <= listed


def test_every_listed_account_signs_in_with_its_password_and_key(session, demo):
    for listed in demo.accounts:
        account = sign_in(
            session,
            listed.login,
            listed.password,
            actor=Actor.system("door"),
            now=NOW,
            requires_key=True,
        )
        assert not account.must_change_password
        assert listed.role in {role.name for role in account.roles}
        assert account.organization.code == listed.organization


@pytest.mark.rule("X4")
def test_every_office_has_two_people_so_that_four_eyes_are_there(session):
    for office in ("REG", "MKT", "INFO", "RESEARCH", "SERVICE"):
        assert count(session, Account, Account.office_code == office) >= 2


# --- How it came to be


def test_every_state_was_reached_by_acts_that_are_on_record(session):
    """Follow each record's events from its first state: they lead to where it stands."""
    for model, first in ((Application, "draft"), (Account, "pending"), (Key, "received")):
        for row in session.scalars(select(model)):
            state = first
            for event in session.scalars(
                select(AuditEvent)
                .where(
                    AuditEvent.subject_type == model.__tablename__,
                    AuditEvent.subject_id == row.id,
                    AuditEvent.outcome == AuditOutcome.DONE,
                )
                .order_by(AuditEvent.id)
            ):
                state = (event.new or {}).get("state", state)
            assert state == row.state, row


def test_it_was_done_by_people_but_for_the_bootstrap(session):
    nobody = session.scalars(
        select(AuditEvent.actor_label).where(
            AuditEvent.actor_id.is_(None), AuditEvent.tag.not_like("catalogue:%")
        )
    )
    assert set(nobody) == {"bootstrap"}


def test_it_happened_in_order_on_working_days_of_the_last_weeks(session):
    moments = session.scalars(
        select(AuditEvent.at).where(AuditEvent.tag.not_like("catalogue:%")).order_by(AuditEvent.id)
    ).all()
    assert all(before <= after for before, after in itertools.pairwise(moments))
    assert moments[-1] <= NOW
    assert (NOW - moments[0]).days < 75
    assert all(is_working_day(office_date(moment)) for moment in moments)


@pytest.mark.rule("M3")
def test_somebody_tried_another_offices_duty_and_that_is_on_record(session):
    refused = session.scalars(select(AuditEvent).where(AuditEvent.outcome == "refused")).all()
    assert [(event.tag, event.rule) for event in refused] == [("application:approved", "M3")]


@pytest.mark.rule("X4")
def test_nobody_issued_what_the_same_person_had_passed(session):
    for form in session.scalars(select(Application)):
        passed = {w.closed_by_id for w in form.work_items if w.action == "approve"}
        issued = {
            w.closed_by_id for w in form.work_items if w.action == "issue_key" and w.closed_by_id
        }
        assert not passed & issued


def test_work_waits_for_every_office(session):
    waiting = set(session.scalars(select(WorkItem.duty).where(WorkItem.closed_at.is_(None))))
    assert len(waiting) == 5


def test_some_account_is_in_every_state(session):
    assert set(session.scalars(select(Account.state))) == set(AccountState)


def test_no_two_people_of_the_cast_share_a_name():
    people = cast()
    names = [p.name for p in people.people] + [
        person.name for plot in people.plots for person, _items in plot.lines
    ]
    assert len(names) == len(set(names))


# --- Business and archives


@pytest.mark.rule("M6")
def test_there_is_business_finished_and_unfinished_of_several_units(session):
    states = dict(session.execute(select(Case.state, func.count()).group_by(Case.state)).all())
    assert states["open"] >= 5
    assert states["closed"] >= 2
    owners = session.scalars(select(Case.organization_id).distinct()).all()
    assert len(owners) >= 4


@pytest.mark.rule("M9")
def test_archives_wait_stand_and_are_out_one_of_them_too_long(session):
    assert set(session.scalars(select(ArchiveFile.state).distinct())) == {
        "unfiled",
        "filed",
        "lent",
    }
    late = count(
        session,
        ArchiveLoan,
        ArchiveLoan.returned_at.is_(None),
        ArchiveLoan.due_on < office_date(NOW),
    )
    assert late == 1
