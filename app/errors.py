"""Refusals that a person can be shown: a stable code, an HTTP status, the rule, lazy words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from http import HTTPStatus
from typing import Any

from app.i18n import N_, _


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong: where (`lines.2.citizen_id`), which code, why, by which rule."""

    field: str
    code: str
    msgid: str
    params: Mapping[str, Any] = attribute(default_factory=dict)
    rule: str | None = None

    @property
    def message(self) -> str:
        """The words in the reader's language."""
        return _(self.msgid, **_translated(self.params))

    def as_dict(self) -> dict[str, Any]:
        """Return the shape REST answers with."""
        return {"field": self.field, "code": self.code, "message": self.message, "rule": self.rule}


def _translated(params: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _(v.msgid) if isinstance(v, Word) else v for k, v in params.items()}


@dataclass(frozen=True, slots=True)
class Word:
    """A parameter that is itself a msgid."""

    msgid: str


class DomainError(Exception):
    """Base of every refusal; `str()` is safe to show."""

    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "refused"
    msgid = N_("This cannot be done.")
    rule: str | None = None
    article: str | None = None
    on_record = False
    """Whether the trail tells of this refusal already."""

    def __init__(
        self,
        msgid: str | None = None,
        *,
        code: str | None = None,
        rule: str | None = None,
        article: str | None = None,
        details: Iterable[Detail] = (),
        **params: Any,
    ) -> None:
        """Keep `msgid` and `params` apart, so that the words come in the reader's language."""
        super().__init__(msgid or self.msgid)
        self.msgid = msgid or self.msgid
        self.code = code or self.code
        self.rule = rule or self.rule
        self.article = article or self.article
        self.details = tuple(details)
        self.params = params

    def __str__(self) -> str:
        """Return the message in the reader's language."""
        return _(self.msgid, **_translated(self.params))

    def as_dict(self) -> dict[str, Any]:
        """Return REST's error body: code, message, rule, article, details."""
        return {
            "code": self.code,
            "message": str(self),
            "rule": self.rule,
            "article": self.article,
            "details": [d.as_dict() for d in self.details],
        }


class BadRequest(DomainError):
    """The request cannot be read."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"
    msgid = N_("The request cannot be read.")


class Unauthenticated(DomainError):
    """Nobody is signed in, or not with what this door asks for."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthenticated"
    msgid = N_("Please sign in.")


class Forbidden(DomainError):
    """The actor may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    msgid = N_("You may not do this.")


class NotFound(DomainError):
    """There is no such record within the actor's reach."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    msgid = N_("There is no such record, or it is not yours to see.")


class Conflict(DomainError):
    """The record is no longer as the actor saw it."""

    status = HTTPStatus.CONFLICT
    code = "state_changed"
    msgid = N_("This record has changed meanwhile.")


class InvalidInput(DomainError):
    """Something typed, posted or imported breaks a rule; `details` say where and which."""

    code = "invalid_input"
    msgid = N_("Some entries need correcting.")


class Refused(DomainError):
    """Every guard's reason why a well-formed act cannot be done now."""

    code = "refused"
