"""Who comes in by REST: token or session, the right to this act; refusals undone and on record."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar, cast

import flask
from flask import Response, current_app, g, request
from flask_jwt_extended import verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user
from jwt import ExpiredSignatureError, PyJWTError
from limits import parse
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from app.catalog.enums import Channel
from app.catalog.permissions import Permission
from app.clock import now
from app.errors import DomainError, Forbidden, Unauthenticated
from app.extensions import csrf, db
from app.i18n import N_
from app.models.accounts import Account
from app.security.actor import ACTOR, Actor
from app.services.acts import record_refusal
from app.views.access import settings
from app.views.api.errors import EXPECTED, as_domain_error
from app.views.signin import SINCE, PasswordChangeRequired

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MAX_TAG = 48

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whom an endpoint serves: anybody, whoever is signed in, or the holders of `noun.verb`.

    `noun` is the resource's own unless named; `first_password` endpoints serve also whoever has yet
    to choose a password.
    """

    verb: str | None = None
    noun: str | None = None
    public: bool = False
    first_password: bool = False

    def permission(self, resource: str) -> Permission | None:
        """Return what the endpoint asks for on `resource`."""
        return Permission(f"{self.noun or resource}.{self.verb}") if self.verb else None


@dataclass(slots=True)
class Asked:
    """The act that a request asks for, as the audit trail will know it if it is refused."""

    tag: str
    subject_type: str = ""
    subject_id: int | None = None
    subject_label: str = ""
    organization_id: int | None = None
    comment: str = ""
    recorded: bool = False

    def concerns(self, row: Any) -> None:
        """Say which record the act is about."""
        self.subject_type = row.__tablename__
        self.subject_id, self.subject_label = row.id, str(row)[:200]
        self.organization_id = getattr(row, "organization_id", None)


def asked() -> Asked:
    """Return the act of this request, to be told more about."""
    return cast(Asked, g.asked)


def session() -> Session:
    """Return the session of this request."""
    return cast(Session, db.session())


def actor() -> Actor:
    """Return who acts."""
    return cast(Actor, g.actor)


def me() -> Account:
    """Return the account that is signed in."""
    return cast(Account, g.signed_in)


def serves(access: Access, *, tag: str = "") -> Callable[[F], F]:
    """Let an API method be called by those whom `access` names; put what is refused on record.

    `tag` names the act for the audit trail, else the API's `tags` do. The answer to a refusal is
    made where pages' are.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def serve(self: Any, *args: Any, **kwargs: Any) -> Response:
            g.asked = Asked(tag or self.tag_of(function.__name__), self.subject_type)
            try:
                if not access.public:
                    enter(access, self.class_permission_name)
                return cast(Response, function(self, *args, **kwargs))
            except EXPECTED as error:
                refusal = _on_record(error)
                if isinstance(error, HTTPException):
                    raise
                raise refusal from error

        serve.access = access  # type: ignore[attr-defined]
        if access.verb and access.noun is None:
            serve._permission_name = access.verb  # type: ignore[attr-defined]  # noqa: SLF001 - the framework's own mark
        return cast(F, serve)

    return decorate


def _on_record(error: Exception) -> DomainError:
    """Undo what was begun, write down a refused act, return the refusal."""
    session().rollback()
    refusal = as_domain_error(error)
    if request.method in UNSAFE and not asked().recorded:
        who: Actor | None = g.get("actor")
        if who is not None or _may_fill_the_trail():
            _record(refusal, who or _nobody())
    return refusal


def _record(refusal: DomainError, who: Actor) -> None:
    about = asked()
    record_refusal(
        session(),
        refusal,
        actor=who,
        now=now(),
        tag=about.tag[:MAX_TAG],
        subject_type=about.subject_type,
        subject_id=about.subject_id,
        subject_label=about.subject_label,
        organization_id=about.organization_id,
        comment=about.comment,
    )


def _nobody() -> Actor:
    return Actor(
        name="anonymous", channel=Channel.REST, remote_addr=(request.remote_addr or "")[:45]
    )


def _may_fill_the_trail() -> bool:
    """Whether one more refusal of somebody without a name is written down.

    So many a minute and address are: more would let anybody fill the trail.
    """
    limiter = current_app.extensions["appbuilder"].sm.limiter
    rate = parse(current_app.config["AUTH_RATE_LIMIT"])
    return bool(limiter.limiter.hit(rate, "refusals-of-nobody", request.remote_addr or ""))


def enter(access: Access, resource: str) -> None:
    """Find out who asks, by token or else by session, and whether that person may."""
    if came_by_token():
        by_token()
    else:
        by_session()
    if me().must_change_password and not access.first_password:
        raise PasswordChangeRequired
    permission = access.permission(resource)
    if permission is not None and not actor().may(permission):
        raise Forbidden(N_("Your office or role does not do this."), code="not_your_duty")


def came_by_token() -> bool:
    """Whether the request carries credentials of its own, which then count alone."""
    return "Authorization" in request.headers


def by_token(*, refresh: bool = False) -> None:
    """Take the actor from the token in the Authorization header, and from nothing else."""
    with suppress(AttributeError):
        del g.actor
    session().info.pop(ACTOR, None)
    try:
        verify_jwt_in_request(refresh=refresh)
    except ExpiredSignatureError:
        raise Unauthenticated(N_("The token has expired."), code="token_expired") from None
    except (JWTExtendedException, PyJWTError):
        raise Unauthenticated(
            N_("The token is not valid, or its session has ended."), code="token_invalid"
        ) from None
    g.signed_in = g.user


def by_session() -> None:
    """Take the actor from the browser's session; an unsafe request must carry its CSRF token.

    The framework leaves every API out of its own check.
    """
    began = flask.session.get(SINCE)
    late = began is not None and now().timestamp() - began > settings().session_hours * 3600
    if late or not current_user.is_authenticated:
        raise Unauthenticated
    if request.method in UNSAFE:
        csrf.protect()
    g.signed_in = current_user._get_current_object()  # noqa: SLF001 - the proxy's documented way out
    g.actor = replace(actor(), channel=Channel.REST)
    session().info[ACTOR] = g.actor
