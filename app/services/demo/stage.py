"""The demo's people at work: everything they do goes through the services, as themselves."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.cleaning import Unfit
from app.catalog.enums import Channel, KeyState
from app.clock import OFFICE_ZONE, office_date
from app.models.accounts import Account
from app.models.keys import Key
from app.models.stock import StockTake
from app.security.actor import Actor, acting, load_actor
from app.services.acts import perform
from app.services.cases import record_case
from app.services.commits import committing
from app.services.demo.cast import Person
from app.services.file_store import FileStore
from app.services.key_transfers import accept_keys, send_keys
from app.services.keys import receive_keys
from app.services.signin import change_password, check_password, sign_in
from app.services.stock_takes import begin_count
from app.services.working_time import is_working_day
from app.workflow.effects.keys import new_password
from app.workflow.engine import Outcome
from app.workflow.stock_takes import IN_SAFE

DOOR = Channel.CLI
INFORMATION = "info.luo"
DISTRICT = "110105"
OPENS = time(9, 0)
DAY = timedelta(days=1)


class Stage:
    """The office's time, the people in it and what they were told.

    `passwords` holds the present password of every login that has one, `listed_holders` the people
    of the applications that visitors can sign in as.
    """

    def __init__(self, session: Session, *, store: FileStore, now: datetime, seed: int) -> None:
        """Begin at the real `now`; the stories turn the time back."""
        self.session = session
        self.store = store
        self.papers = 0
        self.end = now
        self.now = now
        self.chance = random.Random(seed)  # noqa: S311 - what time of day people do things
        self.passwords: dict[str, str] = {}
        self.listed_holders: list[str] = []

    # --- Time

    def opening(self, ago: int) -> datetime:
        """Return a moment of the morning `ago` working days before the end."""
        day: date = office_date(self.end)
        left = ago
        while left > 0:
            day -= DAY
            left -= is_working_day(day)
        return self._morning(day)

    def after(self, days: int) -> datetime:
        """Return a moment later the same day, or on the morning `days` working days from now."""
        if days == 0:
            return self.now + timedelta(minutes=self.chance.randint(9, 45))
        day = office_date(self.now)
        while days > 0:
            day += DAY
            days -= is_working_day(day)
        return self._morning(day)

    def soon(self) -> datetime:
        """Return the moment at which the next in the queue is served."""
        return self.now + timedelta(minutes=self.chance.randint(2, 12))

    def _morning(self, day: date) -> datetime:
        opened = datetime.combine(day, OPENS, OFFICE_ZONE)
        return opened + timedelta(minutes=self.chance.randint(2, 150))

    def at(self, moment: datetime) -> None:
        """Let it be `moment`, never later than it really is."""
        self.now = min(moment, self.end)

    # --- People

    def account(self, login: str) -> Account:
        """Return the account of `login`."""
        return self.session.scalars(select(Account).where(Account.login_key == login)).one()

    def actor(self, login: str) -> Actor:
        """Return the person behind `login` with the rights of this moment."""
        return load_actor(self.session, self.account(login), channel=DOOR, remote_addr="demo")

    @contextmanager
    def person(self, login: str) -> Iterator[Actor]:
        """Let `login` be the one who acts inside the block."""
        actor = self.actor(login)
        with acting(self.session, actor):
            yield actor

    def act(self, login: str, subject: Any, action: str, **given: Any) -> Outcome:
        """Let `login` do `action` to `subject`."""
        with self.person(login) as actor:
            return perform(
                self.session, type(subject), subject.id, action, actor=actor, now=self.now, **given
            )

    # --- What people do beside applications

    def learn(self, login: str, password: str) -> None:
        """Note the first password of `login`, told at the counter."""
        self.passwords[login] = password

    def sign_in(self, login: str) -> None:
        """Let `login` sign in."""
        door = Actor.system("sign-in", channel=DOOR)
        with acting(self.session, door):
            sign_in(
                self.session,
                login,
                self.passwords[login],
                actor=replace(door, remote_addr="demo"),
                now=self.now,
                requires_key=True,
            )
            self.session.commit()

    def renew_password(self, login: str) -> None:
        """Let `login` choose a password of the own."""
        account = self.account(login)
        password = _good_password(account)
        with self.person(login) as actor:
            change_password(
                self.session, account, self.passwords[login], password, actor=actor, now=self.now
            )
            self.session.commit()
        self.learn(login, password)

    def receive_keys(self, login: str, prefix: str, count: int, comment: str) -> None:
        """Let `login` take `count` new keys into the stock of the own office."""
        with (
            self.person(login) as actor,
            committing(
                self.session, tag="key:received", actor=actor, now=self.now, subject_type="key"
            ),
        ):
            receive_keys(
                self.session,
                [f"{prefix}-{number:04d}" for number in range(1, count + 1)],
                actor=actor,
                now=self.now,
                comment=comment,
            )

    def send_keys(self, login: str, serials: str, office: str, comment: str) -> None:
        """Let `login` send keys of the own stock to another office."""
        with (
            self.person(login) as actor,
            committing(self.session, tag="key:sent", actor=actor, now=self.now, subject_type="key"),
        ):
            send_keys(self.session, serials, office, actor=actor, now=self.now, comment=comment)

    def accept_keys(self, login: str) -> None:
        """Let `login` accept what is on the way to the own office."""
        with (
            self.person(login) as actor,
            committing(
                self.session, tag="key:accepted", actor=actor, now=self.now, subject_type="key"
            ),
        ):
            accept_keys(self.session, actor=actor, now=self.now)

    def begin_count(self, login: str, note: str) -> StockTake:
        """Let `login` begin to count the own stock."""
        with (
            self.person(login) as actor,
            committing(
                self.session,
                tag="stock_take:begun",
                actor=actor,
                now=self.now,
                subject_type="stock_take",
            ),
        ):
            return begin_count(self.session, {"note": note}, actor=actor, now=self.now)

    def count_stock(self, login: str, count: StockTake, besides: int) -> None:
        """Let `login` come upon all keys of the stock but the last few."""
        with self.person(login) as actor:
            there = Key.office_code == actor.office, Key.state.in_(IN_SAFE)
            serials = self.session.scalars(select(Key.serial).where(*there).order_by(Key.id)).all()
        self.act(login, count, "count", data={"serials": list(serials[:-besides])})
        self.act(login, count, "compare")

    def find_business(self, owner: Account, business_type: str) -> str:
        """Let the information centre put a piece of business on record; return its number."""
        with (
            self.person(INFORMATION) as actor,
            committing(
                self.session, tag="cases:recorded", actor=actor, now=self.now, subject_type="cases"
            ),
        ):
            raw = {
                "owner": owner.login_name,
                "business_type": business_type,
                "district_code": DISTRICT,
            }
            return record_case(self.session, raw=raw, actor=actor, now=self.now).number

    def next_key(self, login: str, besides: int = 0) -> str:
        """Return the serial of the next key in the stock that `login` issues from."""
        with self.person(login) as actor:
            assert actor.office is not None
            return self.session.scalars(
                select(Key.serial)
                .where(Key.office_code == actor.office.value, Key.state == KeyState.IN_STOCK)
                .order_by(Key.id)
                .offset(besides)
                .limit(1)
            ).one()

    def hand_key(self, officer: str, person: Person) -> None:
        """Let `officer` give `person`, whose account was opened by hand, a key."""
        outcome = self.act(
            officer,
            self.account(person.login),
            "issue_key",
            data={"key_serial": self.next_key(officer)},
        )
        self.learn(person.login, outcome.secrets["initial_password"])


def _good_password(account: Account) -> str:
    """Return a random password that the rules take."""
    while True:
        password = new_password()
        try:
            check_password(password, account)
        except Unfit:
            continue
        return password
