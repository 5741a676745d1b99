"""Two at once: a question is answered by one, a counter is never moved back (M8)."""

from datetime import timedelta

import pytest

from app.errors import DomainError
from app.jobs.key_challenges import KEPT, forget_key_challenges
from app.models.key_credentials import KeyChallenge, KeyCredential
from app.security.actor import Actor, acting
from app.services.key_bindings import ask_to_bind, bind
from app.services.key_signin import ask_for_key, sign_in_with_key
from tests.support.authenticator import Authenticator
from tests.support.rest import PASSWORD
from tests.support.threads import at_once

DOOR = Actor.system("sign-in")


def signing_in(ticket, answer, now):
    def call(session):
        with acting(session, DOOR):
            try:
                return sign_in_with_key(session, ticket, answer, actor=DOOR, now=now).login_name
            finally:
                session.commit()

    return call


def codes(outcomes):
    return sorted(
        getattr(it, "code", type(it).__name__) if isinstance(it, Exception) else it
        for it in outcomes
    )


@pytest.mark.postgresql
@pytest.mark.rule("M8")
def test_of_the_same_answer_twice_one_wins(app, office, counter):
    device = counter.bind("reg1")
    question = ask_for_key(office.session, "reg1", PASSWORD, actor=DOOR, now=office.now)
    office.session.commit()
    answer = device.get(question.options)
    calls = [signing_in(question.ticket, answer, office.now) for _ in range(4)]

    assert codes(at_once(app, *calls)) == ["challenge_expired"] * 3 + ["reg1"]


@pytest.mark.postgresql
@pytest.mark.rule("M8")
def test_a_key_and_its_copy_at_once_open_one_door(app, office, counter):
    device = counter.bind("reg1")
    copy = device.clone()
    calls = []
    for each in (device, copy):
        question = ask_for_key(office.session, "reg1", PASSWORD, actor=DOOR, now=office.now)
        office.session.commit()
        calls.append(signing_in(question.ticket, each.get(question.options), office.now))

    assert codes(at_once(app, *calls)) == ["key_copied", "reg1"]


@pytest.mark.postgresql
@pytest.mark.rule("M8")
def test_of_two_who_bind_one_key_at_once_one_does(app, office):
    serial = office.free_serials("RESEARCH")[0]
    people = [office.account(login).id for login in ("east.admin", "west.admin")]
    officers = [office.actor("research1"), office.actor("research2")]
    now = office.now
    asked = []
    for person, officer in zip(people, officers, strict=True):
        with acting(office.session, officer):
            asked.append(ask_to_bind(office.session, serial, person, actor=officer, now=now))
        office.session.commit()

    def binding(question, officer):
        answer = Authenticator().create(question.options)

        def call(session):
            with acting(session, officer):
                made = bind(session, question.ticket, answer, actor=officer, now=now)
                session.commit()
                return made.account_id

        return call

    outcomes = at_once(app, *(binding(q, o) for q, o in zip(asked, officers, strict=True)))

    current = office.session.query(KeyCredential).filter_by(ended_at=None).all()
    assert len(current) == 1
    assert all(isinstance(it, int | DomainError) for it in outcomes)


def test_old_questions_are_forgotten_and_twice_is_once(office, counter):
    counter.bind("reg1")
    ask_for_key(office.session, "reg1", PASSWORD, actor=DOOR, now=office.now)
    office.session.commit()
    soon, later = office.now + timedelta(hours=1), office.now + KEPT + timedelta(hours=1)

    def done(now):
        return sum(it["deleted"] for it in forget_key_challenges(office.session, now=now))

    assert done(soon) == 0
    assert done(later) == 2
    assert done(later) == 0
    assert office.count(KeyChallenge) == 0
