"""Papers of closed applications are archived: opened, shelved, lent, kept, destroyed (第九条)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.catalog.archives import LONGEST_LOAN_DAYS, retained_until
from app.catalog.enums import ApplicationState, OfficeCode, RetentionPeriod
from app.errors import Conflict, DomainError, Forbidden, InvalidInput, Refused
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.audit import AuditEvent
from app.services.archives import boxes, cover_data, shelve_many
from tests.support.archives import (
    PLACE,
    RESEARCH,
    SERVICE,
    borrower,
    completed,
    file_of,
    lent,
    opened,
    shelved,
)
from tests.support.factories import Office, administrator_of, staff_of

NOBODY = "no.such.login"


def file(office: Office, identity: int) -> ArchiveFile:
    office.session.expire_all()
    return office.session.get_one(ArchiveFile, identity)


def act(office: Office, who: str, identity: int, action: str, **said: object):
    return office.perform(who, identity, action, model=ArchiveFile, **said)


# --- Opening


@pytest.mark.rule("M9")
@pytest.mark.parametrize(("unit", "keeper"), [("east", "RESEARCH"), ("developer", "SERVICE")])
def test_a_completed_application_opens_its_file_with_the_office_that_issues_its_keys(
    office: Office, unit: str, keeper: str
):
    found = file(office, completed(office, unit))
    form = office.application(found.application_id)
    assert (found.office_code, found.state, found.kind) == (keeper, "unfiled", form.kind)
    assert found.people == form.lines[0].name
    assert (found.retention, found.retained_until) == ("years_30", date(2056, 12, 31))
    (told,) = office.events(AuditEvent.tag == "archive_file:opened")
    assert (told.subject_id, told.rule, told.article) == (found.id, "M9", "第九条")


@pytest.mark.rule("M9")
def test_what_was_rejected_or_withdrawn_is_archived_for_ten_years(office: Office):
    withdrawn = office.submitted("east")
    office.perform(administrator_of("east"), withdrawn, "withdraw")
    rejected = file(office, opened(office))
    for found in (file_of(office, withdrawn), file(office, rejected.id)):
        assert (found.retention, found.retained_until) == ("years_10", date(2036, 12, 31))


@pytest.mark.rule("M9")
def test_a_draft_that_was_never_handed_in_leaves_no_file(office: Office):
    office.perform(administrator_of("east"), office.draft("east"), "withdraw")
    assert office.count(ArchiveFile) == 0


@pytest.mark.rule("M9")
def test_an_application_has_one_file_with_a_number_of_its_own(office: Office):
    numbers = [file(office, opened(office)).number for _ in range(3)]
    assert numbers == ["DA2026030200001", "DA2026030200002", "DA2026030200003"]
    office.standing_at(ApplicationState.CONFIGURED, "east")
    assert office.count(ArchiveFile) == 3


@pytest.mark.parametrize(
    ("period", "closed", "until"),
    [
        (RetentionPeriod.YEARS_10, date(2026, 1, 1), date(2036, 12, 31)),
        (RetentionPeriod.YEARS_10, date(2026, 12, 31), date(2036, 12, 31)),
        (RetentionPeriod.YEARS_30, date(2024, 2, 29), date(2054, 12, 31)),
        (RetentionPeriod.PERMANENT, date(2026, 5, 1), None),
    ],
)
def test_a_period_runs_from_the_year_after_the_closing(period, closed, until):
    assert retained_until(period, closed) == until


# --- Shelving


@pytest.mark.rule("M9")
def test_a_shelved_file_says_where_it_stands_and_who_filed_it(office: Office):
    found = file(office, shelved(office, retention="permanent"))
    assert (found.state, found.box, found.volume, found.pages) == ("filed", "A-01", "7", 12)
    assert found.filed_by_id == office.account(RESEARCH).id
    assert found.filed_at == office.now
    assert (found.retention, found.retained_until) == ("permanent", None)
    told = office.last_event()
    assert (told.tag, told.new["box"], told.rule) == ("archive_file:shelved", "A-01", "M9")


@pytest.mark.rule("M9")
@pytest.mark.parametrize("who", [SERVICE, staff_of(OfficeCode.INFO), "east.admin", "auditor"])
def test_nobody_but_the_keeping_office_files_or_lends(office: Office, who: str):
    identity = opened(office)
    with pytest.raises(DomainError):
        act(office, who, identity, "shelve", data=PLACE)
    with pytest.raises(Forbidden) as refused:
        act(office, office.almighty(SERVICE), identity, "shelve", data=PLACE)
    assert refused.value.code == "not_your_archive"
    assert file(office, identity).state == "unfiled"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"box": ""}, "data.box"),
        ({"place": " "}, "data.place"),
        ({"box": "B" * 21}, "data.box"),
        ({"pages": "0"}, "data.pages"),
        ({"pages": "many"}, "data.pages"),
        ({"pages": 1.5}, "data.pages"),
        ({"retention": "for ever"}, "data.retention"),
        ({"volume": "a\x00b"}, "data.volume"),
        ({"box": ["A"]}, "data.box"),
    ],
)
def test_a_place_that_is_none_is_named_and_nothing_is_shelved(office: Office, said, field):
    identity = opened(office)
    with pytest.raises(InvalidInput) as refused:
        act(office, RESEARCH, identity, "shelve", data={**PLACE, **said})
    assert [d.field for d in refused.value.details] == [field]
    assert file(office, identity).state == "unfiled"


@pytest.mark.rule("M9")
def test_many_files_go_into_one_box_in_their_order(office: Office):
    ids = [opened(office) for _ in range(3)]
    foreign = file(office, opened(office, "developer")).number
    numbers = [file(office, identity).number for identity in ids]
    with office.acting(RESEARCH) as actor:
        done = shelve_many(
            office.session,
            [*numbers, foreign],
            {"box": "B-02", "place": "二号库房", "volume": "5"},
            actor=actor,
            now=office.now,
        )
    assert [bool(it.problem) for it in done] == [False, False, False, True]
    assert [(f.box, f.volume) for f in (file(office, i) for i in ids)] == [
        ("B-02", "5"),
        ("B-02", "6"),
        ("B-02", "7"),
    ]
    with office.acting(RESEARCH):
        (box,) = boxes(office.session)
    assert (box.box, box.files, box.first, box.last) == ("B-02", 3, numbers[0], numbers[2])
    assert box.kept_until == date(2036, 12, 31)


@pytest.mark.parametrize(
    ("numbers", "raw", "field"),
    [
        ([], {}, "numbers"),
        (["X"] * 1 + [7], {}, "numbers"),
        ([f"DA{n}" for n in range(201)], {}, "numbers"),
        (["DA1"], {"volume": "one"}, "volume"),
        (["DA1"], {"volume": "100000"}, "volume"),
    ],
)
def test_a_box_is_not_filled_with_what_is_no_number(office: Office, numbers, raw, field):
    with office.acting(RESEARCH) as actor, pytest.raises(InvalidInput) as refused:
        shelve_many(office.session, numbers, {"box": "B", **raw}, actor=actor, now=office.now)
    assert [d.field for d in refused.value.details] == [field]


# --- Lending


@pytest.mark.rule("M9")
def test_the_retrieval_log_says_who_had_a_file_why_and_how_it_came_back(office: Office):
    who = borrower(office)
    identity = lent(office, who)
    assert file(office, identity).state == "lent"
    act(office, RESEARCH, identity, "give_back", data={"condition": "缺一页"})
    (loan,) = office.session.scalars(select(ArchiveLoan))
    assert (loan.borrower.login_name, loan.purpose, loan.condition) == (who, "核对原件", "缺一页")
    assert loan.returned_to_id == office.account(RESEARCH).id
    assert file(office, identity).state == "filed"
    tags = [event.tag for event in office.events(AuditEvent.subject_type == "archive_file")]
    assert tags[-2:] == ["archive_file:lent", "archive_file:given_back"]


@pytest.mark.rule("M9")
def test_a_consultation_is_logged_and_the_file_stays_at_its_place(office: Office):
    who, identity = borrower(office), shelved(office)
    act(office, RESEARCH, identity, "consult", data={"borrower": who, "purpose": "核对"})
    (loan,) = office.session.scalars(select(ArchiveLoan))
    assert (loan.returned_at, file(office, identity).state) == (office.now, "filed")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"borrower": NOBODY}, "data.borrower"),
        ({"borrower": ""}, "data.borrower_id"),
        ({"borrower": "", "borrower_id": "99999999999"}, "data.borrower_id"),
        ({"purpose": ""}, "data.purpose"),
        ({"due_on": "tomorrow"}, "data.due_on"),
        ({"due_on": "2026-02-30"}, "data.due_on"),
        ({"due_on": "2026-03-01"}, "data.due_on"),
        ({"due_on": None}, "data.due_on"),
    ],
)
def test_a_loan_that_is_not_said_right_is_not_made(office: Office, said, field):
    who, identity = borrower(office), shelved(office)
    data = {"borrower": who, "purpose": "核对", "due_on": "2026-03-09", **said}
    with pytest.raises(InvalidInput) as refused:
        act(office, RESEARCH, identity, "lend", data=data)
    assert [d.field for d in refused.value.details] == [field]
    assert office.count(ArchiveLoan) == 0


def test_a_loan_lasts_sixty_days_at_most(office: Office):
    who = borrower(office)
    with pytest.raises(InvalidInput):
        lent(office, who, days=LONGEST_LOAN_DAYS + 1)
    lent(office, who, days=LONGEST_LOAN_DAYS)


@pytest.mark.rule("M9")
@pytest.mark.parametrize("who", ["developer.admin", "west.admin"])
def test_files_are_lent_to_nobody_outside_the_management_or_out_of_service(
    office: Office, who: str
):
    with pytest.raises(Refused) as refused:
        lent(office, who)
    assert refused.value.details[0].code == "may_not_borrow"


@pytest.mark.rule("M9")
def test_a_file_that_is_out_cannot_be_lent_again_moved_or_destroyed(office: Office):
    who = borrower(office)
    identity = lent(office, who)
    due = {"borrower": who, "purpose": "再借", "due_on": "2026-03-09"}
    for action, data in (("lend", due), ("move", PLACE), ("destroy", {}), ("shelve", PLACE)):
        with pytest.raises(Conflict):
            act(office, RESEARCH, identity, action, data=data, comment="?")


# --- Keeping


@pytest.mark.rule("M9")
def test_nothing_is_destroyed_before_its_time_and_what_is_permanent_never(office: Office):
    identity = shelved(office)
    end = office.now.replace(year=2036, month=12, day=31, hour=10)
    with pytest.raises(Refused) as refused:
        act(office, RESEARCH, identity, "destroy", comment="到期", now=end)
    assert refused.value.details[0].code == "still_retained"
    keep = {"retention": "permanent"}
    act(office, RESEARCH, identity, "keep", data=keep, comment="长期查考")
    with pytest.raises(Refused) as refused:
        act(office, RESEARCH, identity, "destroy", comment="到期", now=end + timedelta(days=1))
    assert refused.value.details[0].code == "kept_for_good"
    act(office, RESEARCH, identity, "keep", data={"retention": "years_10"}, comment="改期")
    act(office, RESEARCH, identity, "destroy", comment="到期", now=end + timedelta(days=1))
    found = file(office, identity)
    assert (found.state, found.box, found.number[:2]) == ("destroyed", "A-01", "DA")


@pytest.mark.rule("M9")
def test_the_cover_says_what_is_in_the_file_and_where_it_belongs(office: Office):
    found = file(office, shelved(office))
    form = office.application(found.application_id)
    cover = cover_data(office.session, file(office, found.id))
    assert cover["number"] == found.number
    assert cover["organization"] == form.organization.name
    assert cover["people"] == [line.name for line in form.lines]
    assert (cover["kind"], cover["retention"]) == ("用户及密钥申请表", "10年")
    assert (cover["box"], cover["volume"], cover["pages"]) == ("A-01", "7", 12)
    assert (cover["closed_on"], cover["retained_until"]) == ("2026-03-02", "2036-12-31")
    english = cover_data(office.session, file(office, found.id), language="en")
    assert (english["retention"], english["outcome"]) == ("10 years", "Rejected")


def test_the_database_refuses_a_second_loan_and_a_file_without_a_place(office: Office):
    identity = lent(office, borrower(office))
    loan = office.session.scalars(select(ArchiveLoan)).one()
    values = {c.name: getattr(loan, c.name) for c in ArchiveLoan.__table__.columns}
    office.session.add(ArchiveLoan(**{k: v for k, v in values.items() if k != "id"}))
    with pytest.raises(IntegrityError):
        office.session.flush()
    office.session.rollback()
    with pytest.raises(IntegrityError):
        office.session.execute(update(ArchiveFile).where(ArchiveFile.id == identity).values(box=""))
    office.session.rollback()
