"""A whole office to test in: units, staff of every office, stock, applications at any step.

Everything comes through the doors that users have: the services and `perform()`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.enums import (
    ApplicationState,
    AuditOutcome,
    Category,
    Channel,
    Duty,
    LegalForm,
    OfficeCode,
    OrganizationType,
)
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.permissions import Permission, RoleName
from app.models.accounts import Account
from app.models.applications import Application
from app.models.audit import AuditEvent
from app.models.keys import Key
from app.models.organizations import Organization
from app.models.work import WorkItem
from app.security.actor import Actor, acting, load_actor
from app.services.accounts import open_account
from app.services.acts import perform
from app.services.applications import open_draft
from app.services.keys import receive_keys
from app.services.organizations import register_organization, seat_offices
from app.services.roles import sync_roles
from app.workflow.engine import Outcome
from tests.support.people import person, social_credit_code

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""Noon of a Monday in Beijing."""

SETUP = Actor.system("setup", *Permission)
HOME = "commission"
KEYS_IN_STOCK = 6
STAFF_NUMBERS = 90_000
HEADER = {
    "contact_name": "吴联系",
    "contact_phone": "13800138000",
    "responsible_person": "郑负责",
}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """An organisation of the made-up office."""

    name: str
    type: OrganizationType
    legal_form: LegalForm
    district_code: str | None = None


UNITS = {
    HOME: Unit(
        name="市住房城乡建设委",
        type=OrganizationType.MUNICIPAL,
        legal_form=LegalForm.GOVERNMENT,
    ),
    "east": Unit(
        name="东城区房屋管理局",
        type=OrganizationType.DISTRICT,
        legal_form=LegalForm.GOVERNMENT,
        district_code="110101",
    ),
    "west": Unit(
        name="西城区房屋管理局",
        type=OrganizationType.DISTRICT,
        legal_form=LegalForm.GOVERNMENT,
        district_code="110102",
    ),
    "developer": Unit(
        name="某房地产开发有限公司",
        type=OrganizationType.DEVELOPER,
        legal_form=LegalForm.ENTERPRISE,
    ),
    "bank": Unit(
        name="某银行北京分行", type=OrganizationType.FINANCIAL, legal_form=LegalForm.FINANCIAL
    ),
    "agency": Unit(
        name="某房地产经纪有限公司", type=OrganizationType.OTHER, legal_form=LegalForm.ENTERPRISE
    ),
    "institute": Unit(
        name="某研究院", type=OrganizationType.OTHER, legal_form=LegalForm.INSTITUTION
    ),
}
MANAGEMENT = tuple(name for name, unit in UNITS.items() if unit.type.is_management)
ENTERPRISES = tuple(name for name in UNITS if name not in MANAGEMENT)

OFFICE_ROLES = {
    OfficeCode.REG: RoleName.REVIEWER,
    OfficeCode.MKT: RoleName.REVIEWER,
    OfficeCode.INFO: RoleName.CONFIGURATOR,
    OfficeCode.RESEARCH: RoleName.KEY_OFFICER,
    OfficeCode.SERVICE: RoleName.KEY_OFFICER,
}
ISSUING = (OfficeCode.RESEARCH, OfficeCode.SERVICE)
DUTY_OFFICE = {duty: office.code for office in load_catalog().offices for duty in office.duties}


def staff_of(office: OfficeCode, which: int = 1) -> str:
    """The login name of an office's first, or second, person."""
    return f"{office.lower()}{which}"


def administrator_of(unit: str) -> str:
    """The login name of a unit's administrator."""
    return f"{unit}.admin"


def staff() -> Iterator[tuple[str, str, OfficeCode | None, RoleName]]:
    """Yield login name, unit, office, role of everybody who works in the made-up office."""
    for office, role in OFFICE_ROLES.items():
        for which in (1, 2):
            yield staff_of(office, which), HOME, office, role
    for role in (
        RoleName.AUDITOR,
        RoleName.SYSTEM_ADMINISTRATOR,
        RoleName.SECURITY_ADMINISTRATOR,
    ):
        yield role.value, HOME, None, role
    for unit in UNITS:
        yield administrator_of(unit), unit, None, RoleName.ORGANIZATION_ADMINISTRATOR


def build_office(session: Session) -> None:
    """Register the units, seat the offices, open everybody's account, fill the stocks; commit."""
    with acting(session, SETUP):
        sync_roles(session)
        units = {}
        for number, (name, unit) in enumerate(UNITS.items(), start=1):
            units[name] = register_organization(
                session,
                raw={
                    "code": social_credit_code(number),
                    "name": unit.name,
                    "type": unit.type.value,
                    "legal_form": unit.legal_form.value,
                    "district_code": unit.district_code,
                },
                actor=SETUP,
                now=NOON,
            )
        seat_offices(session, units[HOME], codes=OfficeCode, actor=SETUP, now=NOON)
        for number, (login, unit, office, role) in enumerate(staff(), start=STAFF_NUMBERS):
            open_account(
                session,
                raw={
                    **person(number),
                    "login_name": login,
                    "organization_id": units[unit].id,
                    "office_code": office.value if office else None,
                    "roles": [role.value],
                },
                actor=SETUP,
                now=NOON,
            )
        made = Office(session)
        for office in ISSUING:
            receive_keys(
                session,
                [f"{office.value}-{number:04d}" for number in range(1, KEYS_IN_STOCK + 1)],
                actor=made.actor(staff_of(office)),
                now=NOON,
            )
        session.commit()


def items(tier: OrganizationType, *categories: Category) -> list[str]:
    """The first item of each category that the annex gives this tier."""
    found = []
    for category in categories:
        found += [
            item.code
            for item in load_catalog().permission_items
            if item.tier == tier and item.category == category
        ][:1]
    return found


class Office:
    """The made-up office at work: who does what to which record, at `now`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = NOON
        self.numbers = count(1)

    # --- Who and what there is

    def organization(self, unit: str) -> Organization:
        name = UNITS[unit].name
        return self.session.scalars(select(Organization).where(Organization.name == name)).one()

    def account(self, login: str) -> Account:
        return self.session.scalars(select(Account).where(Account.login_key == login)).one()

    def actor(self, login: str, **changed: Any) -> Actor:
        """The person with this login name, as a request would find it; `changed` lies about it."""
        found = load_actor(self.session, self.account(login), channel=Channel.REST)
        return replace(found, **changed)

    def almighty(self, login: str) -> Actor:
        """The same person holding every role and every permission."""
        return self.actor(
            login,
            roles=frozenset(role.value for role in RoleName),
            permissions=frozenset(Permission),
        )

    def application(self, identity: int) -> Application:
        """The application as the database has it now."""
        self.session.expire_all()
        return self.session.get_one(Application, identity)

    def events(self, *conditions: Any) -> list[AuditEvent]:
        query = select(AuditEvent).where(*conditions).order_by(AuditEvent.id)
        return list(self.session.scalars(query))

    def last_event(self) -> AuditEvent:
        return self.events()[-1]

    def refusals(self) -> list[AuditEvent]:
        return self.events(AuditEvent.outcome == AuditOutcome.REFUSED)

    def free_serials(self, office: OfficeCode) -> list[str]:
        query = select(Key.serial).where(Key.office_code == office, Key.state == "in_stock")
        return list(self.session.scalars(query.order_by(Key.serial)))

    def count(self, model: type[Any], *conditions: Any) -> int:
        query = select(func.count()).select_from(model).where(*conditions)
        return self.session.scalar(query) or 0

    # --- What people do

    @contextmanager
    def acting(self, actor: Actor | str) -> Iterator[Actor]:
        """Let the session see what this person sees."""
        with acting(
            self.session, self.actor(actor) if isinstance(actor, str) else actor
        ) as present:
            yield present

    def perform(
        self,
        who: Actor | str,
        identity: int,
        action: str,
        *,
        model: type[Any] = Application,
        **said: Any,
    ) -> Outcome:
        """Let somebody do something to a record through `perform()`, as every door does."""
        with self.acting(who) as actor:
            said.setdefault("now", self.now)
            return perform(self.session, model, identity, action, actor=actor, **said)

    def person(self, **said: Any) -> dict[str, Any]:
        """What a form says about somebody who has not been named yet."""
        return person(next(self.numbers), **said)

    def lines(self, unit: str, *categories: Category, people: int = 1) -> list[dict[str, Any]]:
        """Lines of new people; a management unit's ask for an item of each category."""
        asked = {}
        if UNITS[unit].type.is_management:
            asked = {"items": items(UNITS[unit].type, *(categories or (Category.REGISTRATION,)))}
        return [self.person(**asked) for _ in range(people)]

    def draft(
        self,
        unit: str = "east",
        *categories: Category,
        people: int = 1,
        lines: list[dict[str, Any]] | None = None,
        strict: bool = True,
        by: str | None = None,
        **header: Any,
    ) -> int:
        """Draft the unit's application for new users and return its id."""
        raw = {
            **HEADER,
            **header,
            "lines": self.lines(unit, *categories, people=people) if lines is None else lines,
        }
        with self.acting(by or administrator_of(unit)) as actor:
            application, _ = open_draft(
                self.session,
                kind=kind_of(unit),
                organization=self.organization(unit),
                raw=raw,
                actor=actor,
                now=self.now,
                strict=strict,
            )
            self.session.commit()
            return application.id

    def submitted(self, unit: str = "east", *categories: Category, **said: Any) -> int:
        """Draft the unit's application, hand it in, return its id."""
        identity = self.draft(unit, *categories, **said)
        self.perform(administrator_of(unit), identity, "submit")
        return identity

    def standing_at(
        self, state: ApplicationState, unit: str = "east", *categories: Category, **said: Any
    ) -> int:
        """Return an application that has come to `state` by the road, without a detour."""
        identity = self.submitted(unit, *categories, **said)
        self.walk(identity, until=lambda application: application.state == state)
        return identity

    def waiting_for(self, duty: Duty) -> int:
        """Return an application whose open step waits for `duty`, at the end of its road."""
        categories = {
            Duty.REVIEW_TRANSACTION: (Category.TRANSACTION,),
            Duty.REVIEW_REGISTRATION: (Category.REGISTRATION,),
        }.get(duty, ())
        unit = "developer" if duty == Duty.ISSUE_ENTERPRISE_KEYS else "east"
        identity = self.submitted(unit, *categories)
        last = {Duty.ISSUE_ENTERPRISE_KEYS: "issue_key"}.get(duty)
        self.walk(
            identity,
            until=lambda application: any(
                work.duty == duty and last in {None, work.action} for work in open_work(application)
            ),
        )
        return identity

    def walk(self, identity: int, *, until: Callable[[Application], bool]) -> Application:
        """Let the offices do one open step after the other until it is so."""
        while not until(application := self.application(identity)):
            work = open_work(application)[0]
            self.do_step(identity, work.action, DUTY_OFFICE[work.duty])
        return application

    def do_step(
        self,
        identity: int,
        action: str,
        office: OfficeCode,
        *,
        by: str | None = None,
        **said: Any,
    ) -> Outcome:
        """Let the right office do this step whole; the second person there issues keys (X4)."""
        application = self.application(identity)
        who = by or staff_of(office, 2 if action == "issue_key" else 1)
        if application.paper_checks and action == "approve":
            self.tick_everything(identity, who)
        if action == "issue_key" and "data" not in said:
            keyless = [line for line in application.passed_lines() if line.key_id is None]
            handed = zip(keyless, self.free_serials(office), strict=False)
            rows = [{"position": line.position, "key_serial": serial} for line, serial in handed]
            said["data"] = {"lines": rows}
        return self.perform(who, identity, action, **said)

    def tick_everything(self, identity: int, login: str) -> Outcome:
        """Let the counter tick every paper of the application."""
        papers = [
            {"id": check.id, "original_seen": True, "copy_kept": True, "copy_stamped": True}
            for check in self.application(identity).paper_checks
        ]
        return self.perform(login, identity, "check_papers", data={"papers": papers})


def kind_of(unit: str) -> ApplicationKind:
    """The form by which a unit applies for new users."""
    if UNITS[unit].type.is_management:
        return ApplicationKind.NEW_USER
    return ApplicationKind.ENTERPRISE_USER


def open_work(application: Application) -> list[WorkItem]:
    """The steps that wait now."""
    return [work for work in application.work_items if work.closed_at is None]
