"""One act under way: what conditions, guards, validators and effects are given."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.catalog.lifecycles import Transition
from app.errors import Detail
from app.i18n import N_
from app.models.work import WorkItem
from app.security.actor import Actor


@dataclass(slots=True, kw_only=True)
class Act:
    """`raw` is what the caller sent, `data` what the transition's validator made of it.

    Effects put into `new` (and `old`) what the audit event shall say, into `result` what the caller
    is answered, into `secrets` what the caller is told once and what is never kept. `begun` says
    that every check has been passed and effects are under way.
    """

    session: Session
    subject: Any
    transition: Transition
    actor: Actor
    now: datetime
    comment: str
    raw: dict[str, Any]
    cause: "Act | None" = None
    begun: bool = False
    data: Any = None
    work: WorkItem | None = None
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> "Act":
        """Return the act that a person fired, which caused this one."""
        return self.cause.root if self.cause else self


Who = Callable[[Act], Detail | None]
Guard = Callable[[Act], Iterable[Detail]]
Condition = Callable[[Act], bool]
Validator = Callable[[Act], tuple[Any, list[Detail]]]
Effect = Callable[[Act], None]

F = TypeVar("F", bound=Callable[..., Any])


class Registry(dict[str, F]):
    """Functions that lifecycles call by name; a name is given once."""

    def __init__(self, noun: str) -> None:
        """Name what is registered, for the error message."""
        super().__init__()
        self.noun = noun

    def register(self, function: F) -> F:
        """Enter `function` under its own name (use as a decorator)."""
        name = function.__name__
        if name in self:
            message = f"{self.noun} {name} is defined twice"
            raise RuntimeError(message)
        self[name] = function
        return function


class Validators(Registry[Validator]):
    """Validators, each with the names that it reads of an act's `data`."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__("validator")
        self.reads: dict[str, frozenset[str]] = {}

    def reading(self, *names: str) -> Callable[[Validator], Validator]:
        """Enter a validator that reads these names (use as a decorator)."""

        def enter(function: Validator) -> Validator:
            self.reads[function.__name__] = frozenset(names)
            return self.register(function)

        return enter


WHO: Registry[Who] = Registry("who")
GUARDS: Registry[Guard] = Registry("guard")
CONDITIONS: Registry[Condition] = Registry("condition")
VALIDATORS = Validators()
EFFECTS: Registry[Effect] = Registry("effect")


def data_of(transition: Transition) -> list[str]:
    """Return the names that an act reads of its `data`."""
    return sorted(VALIDATORS.reads[transition.data]) if transition.data else []


def unread(act: Act) -> list[Detail]:
    """Return what stands in `data` and nobody reads: a misspelt refusal must not pass everybody."""
    if act.cause is not None:
        return []
    read = data_of(act.transition)
    return [
        Detail(f"data.{name}"[:80], "unknown_field", N_("There is no such field here."))
        for name in act.raw
        if name not in read
    ]
