"""Whoever has a file out too long is reminded, and its keeper, once in seven days (第九条)."""

from datetime import timedelta

import pytest

from app.jobs.runner import run_job
from app.jobs.schedule import JOBS
from app.models.archives import ArchiveFile, ArchiveLoan
from app.models.notices import Notice
from app.services.notices import words
from tests.support.archives import RESEARCH, borrower, lent
from tests.support.factories import Office

JOB = JOBS["remind_overdue_archives"]


def reminded(office: Office, *, days: int) -> int:
    """How many notices there are after the job has run so many days from now."""
    run_job(office.session, JOB, now=office.now + timedelta(days=days))
    office.session.expire_all()
    return office.count(Notice, Notice.code == "archive_overdue")


@pytest.mark.rule("M9")
def test_nobody_is_reminded_on_the_day_itself_and_two_on_the_day_after(office: Office):
    lent(office, borrower(office), days=3)
    assert reminded(office, days=3) == 0
    assert reminded(office, days=4) == 2
    assert reminded(office, days=4) == 2
    assert reminded(office, days=10) == 2
    assert reminded(office, days=11) == 4


@pytest.mark.rule("M9")
def test_what_came_back_is_not_asked_for(office: Office):
    identity = lent(office, borrower(office), days=3)
    office.perform(RESEARCH, identity, "give_back", model=ArchiveFile, data={})
    assert reminded(office, days=30) == 0


@pytest.mark.rule("M9")
def test_the_notice_names_file_borrower_and_day(office: Office):
    identity = lent(office, borrower(office), days=3)
    reminded(office, days=8)
    loan = office.session.query(ArchiveLoan).one()
    told = office.session.query(Notice).filter_by(code="archive_overdue").all()
    assert {notice.account_id for notice in told} >= {loan.borrower_id}
    assert {(n.subject_type, n.subject_id) for n in told} == {("archive_file", identity)}
    said = words(told[0])
    assert loan.file.number in said
    assert "2026-03-05" in said
