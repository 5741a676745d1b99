"""What an organisation can ask for one of its people, and what stands in the way (第五条, 第六条).

It follows from what is declared: the kinds' applicants (kinds.yaml), whom their lines can name
(`account_states`, the columns that repeat the record), and what handing in is refused for (the
guards of `submit`). No kind is known here by its name; the guards have the last word.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.catalog.enums import AccountState, ApplicationState, KeyState, OrganizationType
from app.catalog.lifecycles import APPLICATIONS
from app.catalog.permissions import Permission
from app.catalog.types import KindEntry
from app.errors import Detail, NotFound
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.security.actor import Actor
from app.security.authorise import require
from app.services import regulations
from app.services.applications import class_of
from app.services.people import Person, PersonForm, people, standing
from app.workflow.columns import finder_of, line_columns
from app.workflow.named import REMAINING

IN_OWN_HAND = frozenset({ApplicationState.DRAFT, ApplicationState.RETURNED})
UNDECIDED = IN_OWN_HAND | {ApplicationState.SUBMITTED, ApplicationState.UNDER_REVIEW}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something cannot be asked for now; `resource` and `id` lead to what has to end first.

    The `id` is the person's where `resource` is the list of business.
    """

    detail: Detail
    resource: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One form for one person: `begun` is the draft or returned form that already names them."""

    entry: KindEntry
    asks: str
    """What is asked for, in a word: a msgid; empty where the form's own name has to do."""
    obstacles: tuple[Obstacle, ...]
    begun: PersonForm | None = None
    replaces_key: bool = False
    remedies: bool = False
    """Whether it mends what keeps this person from working."""

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.obstacles


Applies = Callable[[Person], bool]
Obstructs = Callable[[Person, int], Obstacle | None]


def _is_free(person: Person, _administrators: int) -> Obstacle | None:
    form = person.form
    if form is None or form.state == ApplicationState.DRAFT:
        return None
    if person.state == AccountState.CANCELLED and form.state not in UNDECIDED:
        return None
    words = N_("Application %(number)s concerns this person and is still open.")
    return Obstacle(
        Detail("account", "already_asked", words, {"number": form.number}, "M6"),
        "applications",
        form.id,
    )


def _has_ended_business(person: Person, _administrators: int) -> Obstacle | None:
    if not person.business:
        return None
    words = N_("Unfinished business: %(count)s. It has to be finished or deleted first.")
    return Obstacle(
        Detail("account", "unfinished_business", words, {"count": person.business}, "M6"),
        "cases",
        person.id,
    )


def _leaves_an_administrator(person: Person, administrators: int) -> Obstacle | None:
    others = administrators - (person.administers and person.state in REMAINING)
    if not person.administers or others > 0:
        return None
    words = N_(
        "%(name)s is the last administrator of the organization: have another user made its "
        "administrator first."
    )
    return Obstacle(Detail("account", "last_administrator", words, {"name": person.name}, "M6"))


OBSTACLES: dict[str, Obstructs] = {
    "accounts_are_free": _is_free,
    "persons_are_free_or_without_key": _is_free,
    "no_business_is_unfinished": _has_ended_business,
    "administrators_remain": _leaves_an_administrator,
}
"""What a guard of handing in would refuse a person for, by the guard."""

APPLIES: dict[str, Applies] = {
    "cases_can_be_deleted": lambda person: person.business > 0,
    "key_is_given_up": lambda person: (
        person.key is None
        or person.key.state != KeyState.ISSUED
        or person.state == AccountState.CANCELLED
    ),
}
"""Whom a form is about at all, by the guard or the rule of its lines."""


def offers_for(
    session: Session,
    person: Person,
    *,
    organization_type: OrganizationType,
    administrators: int,
    day: date,
) -> list[Offer]:
    """Return the forms that fit the person as the record has them, those that mend things first."""
    kinds = regulations.kinds_for(session, organization_type, day)
    found = _offers(person, [it for it in kinds if it.kind in APPLICATIONS], administrators)
    return sorted(found, key=lambda it: not it.remedies)


def of_own_person(
    session: Session, account: Account, actor: Actor, *, day: date
) -> tuple[Person, list[Offer]]:
    """Return how one of the actor's own people stands and what can be asked for; else NotFound."""
    require(actor, Permission.APPLICATIONS_ADD)
    if actor.organization_id is None or account.organization_id != actor.organization_id:
        raise NotFound
    person = people(session, actor.organization_id, [account.id])[account.id]
    found = offers_for(
        session,
        person,
        organization_type=account.organization.type,
        administrators=standing(session, actor.organization_id).administrators,
        day=day,
    )
    return person, found


def _offers(person: Person, entries: list[KindEntry], administrators: int) -> Iterator[Offer]:
    for entry in entries:
        model = class_of(entry.kind)
        names = _named(model)
        if finder_of(model.line_class) is None and not model.serves_without_key:
            continue
        if model.serves_without_key and not person.works_without_key:
            continue
        if person.state not in model.line_class.account_states:
            continue
        if not all(APPLIES[name](person) for name in names if name in APPLIES):
            continue
        renews = _replaces_key(model)
        if renews and person.key is None:
            continue
        replaces = renews or model.serves_without_key
        begun = _begun(person, entry)
        found = (
            OBSTACLES[name](person, administrators)
            for name in names
            if name in OBSTACLES and not (begun and name == "accounts_are_free")
        )
        yield Offer(
            entry=entry,
            asks=model.asks,
            obstacles=tuple(it for it in found if it is not None),
            begun=begun,
            replaces_key=replaces,
            remedies=(replaces and person.works_without_key) or _only_for_idle(model),
        )


def _named(model: type[Application]) -> tuple[str, ...]:
    submit = APPLICATIONS[model.__mapper__.polymorphic_identity].find("submit")
    assert submit is not None
    return (*submit.guards, *model.line_class.rules)


def _begun(person: Person, entry: KindEntry) -> PersonForm | None:
    form = person.form
    if form is None or form.kind != entry.kind or form.state not in IN_OWN_HAND:
        return None
    return form


def _replaces_key(model: type[Application]) -> bool:
    """Whether the form asks for a key in place of the one that it has to name."""
    columns = line_columns(model.line_class)
    return any(it.field.present == "key_serial" and it.field.required for it in columns)


def _only_for_idle(model: type[Application]) -> bool:
    """Whether the form can name nobody but people who cannot work as they are."""
    states = model.line_class.account_states
    return bool(states) and AccountState.ACTIVE not in states
