"""Two keepers at the same file at the same moment: one lends it, the other is told (第九条)."""

import pytest
from flask import Flask

from app.errors import Conflict, DomainError
from app.models.archives import ArchiveFile, ArchiveLoan
from app.security.actor import acting
from app.services.acts import perform
from tests.support.archives import RESEARCH, borrower, shelved
from tests.support.factories import Office
from tests.support.threads import at_once


@pytest.mark.rule("M9")
@pytest.mark.postgresql
def test_a_file_is_lent_once_however_many_lend_it(app: Flask, office: Office):
    who = borrower(office)
    for _turn in range(3):
        identity = shelved(office)
        data = {"borrower": who, "purpose": "核对", "due_on": "2026-03-09"}
        actor, now = office.actor(RESEARCH), office.now
        office.session.commit()

        def lend(session, identity=identity, data=data, actor=actor, now=now):
            try:
                with acting(session, actor):
                    perform(session, ArchiveFile, identity, "lend", actor=actor, now=now, data=data)
            except DomainError as error:
                return type(error)
            return None

        outcomes = at_once(app, *[lend] * 4)
        assert sorted(outcomes, key=str) == [Conflict, Conflict, Conflict, None]
        office.session.expire_all()
        assert office.count(ArchiveLoan, ArchiveLoan.file_id == identity) == 1
