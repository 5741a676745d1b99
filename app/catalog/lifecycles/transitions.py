"""What a lifecycle is made of."""

from dataclasses import dataclass

from app.catalog.enums import OrganizationType
from app.catalog.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One act.

    `target` None leaves the state as it is. While `done_when` (a named condition) does not hold the
    subject goes to `interim` instead. `who`, `guards`, `effects`, `data` and `notices` are names
    that the workflow package defines. An `automatic` act is fired by the engine only, `followed_by`
    names the one that comes next by itself. An act of a road's step waits for that step; `also_at`
    names earlier ones at which it can be done for whom they keep from nothing any more.
    """

    action: str
    label: str
    sources: tuple[str, ...]
    target: str | None
    tag: str
    rule: str
    article: str
    permission: Permission | None = None
    confirm: str = ""
    interim: str | None = None
    done_when: str | None = None
    who: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    data: str | None = None
    effects: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    comment_required: bool = False
    automatic: bool = False
    followed_by: str | None = None
    also_at: tuple[str, ...] = ()
    tone: str = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a kind of application is called and means, as msgids, and who hands it in.

    A kind says so beside its acts where no file of the catalogue does. Road, columns and pledge
    then follow from what it declares already (`app/services/catalog/declared.py`).
    """

    name: str
    description: str
    applicants: tuple[OrganizationType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """All acts of one kind of subject; `closing` names the effects of every act that ends it."""

    subject: str
    initial: str
    finals: frozenset[str]
    transitions: tuple[Transition, ...]
    closing: tuple[str, ...] = ()
    form: Form | None = None

    def states(self) -> set[str]:
        """Return every state that the table names."""
        named = {self.initial, *self.finals}
        for t in self.transitions:
            named.update(t.sources)
            named.update(s for s in (t.target, t.interim) if s)
        return named

    def find(self, action: str) -> Transition | None:
        """Return the act named `action`."""
        return next((t for t in self.transitions if t.action == action), None)
