"""Making the demo office: bootstrap, people, then every application in the order of time."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import OrganizationType
from app.catalog.permissions import RoleName
from app.errors import Conflict
from app.i18n import N_
from app.models.accounts import Account
from app.models.organizations import Organization
from app.security.actor import Actor, acting
from app.services.accounts import open_account
from app.services.bootstrap import bootstrap
from app.services.commits import committing
from app.services.demo import records
from app.services.demo.cast import BOOTSTRAPPED, Cast, Person, Unit, cast
from app.services.demo.stage import DOOR, Stage
from app.services.demo.story import Story
from app.services.file_store import FileStore
from app.services.organizations import register_organization

SECURITY, RESEARCH, SERVICE = "anquan", "research.gu", "service.ye"
PARCEL, COUNT = "综合服务中心库存不足，调剂使用。", "月中盘点，两人清点。"
BOOTSTRAP_AGO, STOCK_AGO, STAFF_AGO, UNITS_AGO = 46, 45, 43, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """Somebody to sign in as; `organization` is a code."""

    login: str
    password: str
    role: str
    organization: str
    office: str | None


def is_empty(session: Session) -> bool:
    """Whether nobody and no organisation is in the database yet."""
    reason = {"unscoped": "the demo is made in an empty database only"}
    return all(
        session.scalar(select(model.id).limit(1).execution_options(**reason)) is None
        for model in (Account, Organization)
    )


def load_demo(
    session: Session, *, store: FileStore, now: datetime, seed: int = 1
) -> list[DemoAccount]:
    """Fill an empty database with the demo office and return the accounts to sign in with.

    Everything is done by people through the services, spread over the nine weeks before `now`;
    `seed` decides the time of day, papers go into `store`. Passwords are random whatever the seed.
    Commits as it goes: the caller gives a session on a transaction of its own if it is to be all or
    nothing.
    """
    if not is_empty(session):
        raise Conflict(
            N_("The demo office is made in an empty database only."), code="not_empty", rule="M2"
        )
    stage, whole = Stage(session, store=store, now=now, seed=seed), cast()
    with acting(session, Actor.system("demo", channel=DOOR)):
        _bootstrap(stage, whole)
        _fill_stock(stage)
        _hire(stage, whole)
        _admit(stage, whole)
        stories = [Story(stage, plot).tell() for plot in whole.plots]
        _tell(stage, [*stories, *records.stories(stage), _parcels(stage), _visits(stage, whole)])
        return _listed(stage, whole)


def _bootstrap(stage: Stage, whole: Cast) -> None:
    stage.at(stage.opening(BOOTSTRAP_AGO))
    commission = whole.unit("commission")
    first = whole.people[:BOOTSTRAPPED]
    people = [
        {**person.entries(), "login_name": person.login, "key_serial": f"KD-0000-{place:04d}"}
        for place, person in enumerate(first, start=1)
    ]
    made = bootstrap(
        stage.session,
        organization={"code": commission.code, "name": commission.name},
        administrator=people[0],
        officer=people[1],
        now=stage.now,
        channel=DOOR,
        remote_addr="demo",
    )
    stage.session.commit()
    for each in made:
        stage.learn(each.account.login_name, each.password)
    for person in first:
        stage.at(stage.soon())
        stage.renew_password(person.login)


def _fill_stock(stage: Stage) -> None:
    stage.at(stage.opening(STOCK_AGO))
    stage.receive_keys(RESEARCH, "KD-1000", 45, "首批采购，清点无误。")


def _hire(stage: Stage, whole: Cast) -> None:
    """The commission's people get account and key; then the service centre its own stock."""
    commission = whole.unit("commission")
    stage.at(stage.opening(STAFF_AGO))
    staff = [p for p in whole.people[BOOTSTRAPPED:] if p.organization == commission.key]
    for person in staff:
        _open(stage, person, commission)
    stage.at(stage.opening(STAFF_AGO - 1))
    for person in staff:
        stage.at(stage.soon())
        stage.hand_key(RESEARCH, person)
        if person.account:
            stage.renew_password(person.login)
    stage.at(stage.opening(STAFF_AGO - 2))
    stage.receive_keys(SERVICE, "KD-2000", 32, "首批采购，清点无误。")


def _admit(stage: Stage, whole: Cast) -> None:
    """Organisations are registered and each gets its first administrator."""
    stage.at(stage.opening(UNITS_AGO))
    codes = {unit.key: unit.code for unit in whole.units}
    for unit in whole.units:
        if unit.key != "commission":
            _register(stage, unit, codes)
    administrators = [
        person
        for person in whole.people
        if RoleName.ORGANIZATION_ADMINISTRATOR.value in person.roles
    ]
    for person in administrators:
        stage.at(stage.soon())
        _open(stage, person, whole.unit(person.organization))
    stage.at(stage.opening(UNITS_AGO - 2))
    for person in administrators:
        stage.at(stage.soon())
        kind = OrganizationType(whole.unit(person.organization).type)
        stage.hand_key(RESEARCH if kind.is_management else SERVICE, person)
        if person.account:
            stage.renew_password(person.login)


def _register(stage: Stage, unit: Unit, codes: dict[str, str]) -> None:
    raw = {
        "code": unit.code,
        "name": unit.name,
        "type": unit.type,
        "legal_form": unit.legal_form,
        "district_code": unit.district,
        "parent": codes[unit.parent] if unit.parent else None,
    }
    with (
        stage.person(SECURITY) as actor,
        committing(
            stage.session,
            tag="organization:registered",
            actor=actor,
            now=stage.now,
            subject_type="organization",
        ),
    ):
        register_organization(stage.session, raw=raw, actor=actor, now=stage.now)


def _open(stage: Stage, person: Person, unit: Unit) -> None:
    raw = {
        **person.entries(),
        "login_name": person.login,
        "organization": unit.code,
        "office_code": person.office,
        "roles": list(person.roles),
    }
    with (
        stage.person(SECURITY) as actor,
        committing(
            stage.session,
            tag="account:opened",
            actor=actor,
            now=stage.now,
            subject_type="account",
        ),
    ):
        open_account(stage.session, raw=raw, actor=actor, now=stage.now)


def _tell(stage: Stage, stories: list[Iterator[datetime]]) -> None:
    """Let the stories go on in the order of time, whichever wants to go on first."""
    waiting = [(next(telling), place, telling) for place, telling in enumerate(stories)]
    heapq.heapify(waiting)
    while waiting:
        moment, place, telling = heapq.heappop(waiting)
        stage.at(moment)
        following = next(telling, None)
        if following is not None:
            heapq.heappush(waiting, (following, place, telling))


def _parcels(stage: Stage) -> Iterator[datetime]:
    """A parcel of keys between the issuing offices that came, one on the way, a count."""
    yield stage.opening(8)
    stage.send_keys(RESEARCH, "KD-1000-0040..KD-1000-0043", "SERVICE", PARCEL)
    yield stage.after(1)
    stage.accept_keys(SERVICE)
    yield stage.after(2)
    count = stage.begin_count(RESEARCH, COUNT)
    yield stage.soon()
    stage.count_stock(RESEARCH, count, besides=1)
    yield stage.after(1)
    stage.send_keys(RESEARCH, "KD-1000-0038..KD-1000-0039", "SERVICE", PARCEL)


def _visits(stage: Stage, whole: Cast) -> Iterator[datetime]:
    """Those whom visitors can be have been here on the last working day."""
    yield stage.opening(1)
    for person in whole.people:
        if person.account:
            stage.sign_in(person.login)
            yield stage.soon()


def _listed(stage: Stage, whole: Cast) -> list[DemoAccount]:
    codes = {unit.key: unit.code for unit in whole.units}
    listed = [
        DemoAccount(
            login=person.login,
            password=stage.passwords[person.login],
            role=person.roles[0],
            organization=codes[person.organization],
            office=person.office,
        )
        for person in whole.people
        if person.account
    ]
    for login in stage.listed_holders:
        account = stage.account(login)
        listed.append(
            DemoAccount(
                login=login,
                password=stage.passwords[login],
                role=RoleName.HOLDER.value,
                organization=account.organization.code,
                office=None,
            )
        )
    return listed
