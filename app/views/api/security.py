"""Signing in over REST: tokens for a password, a new one, the end of all sessions (M4, 第四条)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import flask
from flask import Response, jsonify, request
from flask_appbuilder.api import expose
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt

from app.catalog.enums import Channel
from app.clock import now
from app.errors import BadRequest, Detail, DomainError
from app.i18n import N_
from app.models.accounts import Account
from app.security.actor import Actor, acting
from app.security.key_policy import policy
from app.security.manager import KEY_SHOWN
from app.services import signin
from app.services.key_challenges import TicketWorthless
from app.services.key_signin import KeyRequired, ask_for_key, sign_in_with_key
from app.views.access import settings
from app.views.api.body import flag_of, only, read_object, text_of
from app.views.api.door import (
    Access,
    actor,
    asked,
    by_token,
    came_by_token,
    me,
    serves,
    session,
)
from app.views.api.openapi import ERROR_ANSWERS, SpecifiedApi, json_answer, json_body
from app.views.limits import count_sign_in
from app.views.signin import MOST_LOGIN
from app.views.signin import enter as begin_session

PROVIDER = "db"
ACCESS_LASTS = timedelta(hours=1)
"""At most; every request asks whether the account's epoch is still the token's."""
PUBLIC = Access(public=True)
SIGNED_IN = Access(first_password=True)

TEXT = {"type": "string"}
TOKENS = {
    "type": "object",
    "required": ["access_token"],
    "properties": {
        "access_token": TEXT,
        "refresh_token": TEXT,
        "must_change_password": {"type": "boolean"},
    },
}


class SecurityApi(SpecifiedApi):
    """Signing in and out of REST; the same rules as the sign-in page."""

    resource_name = "security"
    class_permission_name = "accounts"
    subject_type = "account"
    openapi_spec_tag = "security"

    @expose("/login", methods=("POST",))
    @serves(PUBLIC, tag="session:refused")
    def login(self) -> Response:
        """Give tokens to whoever knows the password of an active account with an active key."""
        body = read_object()
        only(body, frozenset({"username", "password", "provider", "refresh"}))
        if text_of(body, "provider") not in {"", PROVIDER}:
            problem = Detail(
                "provider",
                "unknown_choice",
                N_("Choose one of: %(choices)s."),
                {"choices": PROVIDER},
            )
            raise BadRequest(code="unknown_choice", details=[problem])
        username = text_of(body, "username", required=True)
        password = text_of(body, "password", required=True)
        refresh = flag_of(body, "refresh")
        return jsonify(_sign_in(username, password, refresh=refresh))

    @expose("/login/key", methods=("POST",))
    @serves(PUBLIC, tag="session:refused")
    def login_key(self) -> Response:
        """Give tokens for the ticket that `login` gave and what the key answered to its question.

        `credential` is the browser's `PublicKeyCredential` as JSON; a ticket is good for one
        answer.
        """
        body = read_object()
        only(body, frozenset({"ticket", "credential", "refresh"}))
        ticket = text_of(body, "ticket", required=True)
        return jsonify(_show_key(ticket, body.get("credential"), refresh=flag_of(body, "refresh")))

    @expose("/refresh", methods=("POST",))
    @serves(PUBLIC, tag="session:refused")
    def refresh(self) -> Response:
        """Give a new access token for a refresh token whose session has not ended."""
        by_token(refresh=True)
        return jsonify(tokens(me(), fresh=False))

    @expose("/password", methods=("POST",))
    @serves(SIGNED_IN, tag="account:password_changed")
    def password(self) -> Response:
        """Replace the own password; every earlier session and token ends, new ones are given."""
        account = me()
        asked().concerns(account)
        body = read_object()
        only(body, frozenset({"old_password", "new_password"}))
        count_sign_in(account.login_name)
        signin.change_password(
            session(),
            account,
            text_of(body, "old_password", required=True),
            text_of(body, "new_password", required=True),
            actor=actor(),
            now=now(),
        )
        session().commit()
        if not came_by_token():
            begin_session(account)
        return jsonify(tokens(account, refresh=True))

    @expose("/logout", methods=("POST",))
    @serves(SIGNED_IN, tag="session:signed_out")
    def logout(self) -> Response:
        """End every session and token of this account."""
        account = me()
        asked().concerns(account)
        signin.sign_out(session(), account, actor=actor(), now=now())
        session().commit()
        if not came_by_token():
            flask.session.clear()
        return jsonify({})

    def specify(self, method: str) -> dict[str, Any]:
        """Describe each of them for the OpenAPI document."""
        text = {"type": "string"}
        posted: dict[str, tuple[dict[str, Any], list[str]]] = {
            "login": (
                {
                    "username": text,
                    "password": {"type": "string", "format": "password"},
                    "provider": {"type": "string", "enum": [PROVIDER], "default": PROVIDER},
                    "refresh": {"type": "boolean", "default": False},
                },
                ["username", "password"],
            ),
            "login_key": (
                {
                    "ticket": text,
                    "credential": {"type": "object"},
                    "refresh": {"type": "boolean", "default": False},
                },
                ["ticket", "credential"],
            ),
            "password": (
                {"old_password": text, "new_password": text},
                ["old_password", "new_password"],
            ),
        }
        answers = {"200": json_answer("Tokens", TOKENS), **ERROR_ANSWERS}
        if method == "logout":
            answers["200"] = json_answer("Signed out", {"type": "object"})
        operation: dict[str, Any] = {"responses": answers}
        if method in posted:
            operation["requestBody"] = json_body(*posted[method])
        if method in {"login", "login_key"}:
            operation["security"] = []
        if method == "refresh":
            operation["security"] = [{"jwt_refresh": []}]
        return operation


def _sign_in(username: str, password: str, *, refresh: bool) -> dict[str, Any]:
    """Ask the service that the page asks; it has written its event whichever way it went."""
    count_sign_in(username[:MOST_LOGIN])
    system = _door()
    with acting(session(), system):
        try:
            if policy().required:
                question = ask_for_key(session(), username, password, actor=system, now=now())
                session().commit()
                asked().recorded = True
                raise KeyRequired(question)
            account = signin.sign_in(
                session(), username, password, actor=system, now=now(), requires_key=True
            )
        except DomainError:
            asked().recorded = True
            session().commit()
            raise
        session().commit()
        return tokens(account, refresh=refresh, key_shown=False)


def _show_key(ticket: str, answer: Any, *, refresh: bool) -> dict[str, Any]:
    """Ask the service that the page asks; it has written its event unless nobody ever knocked."""
    system = _door()
    with acting(session(), system):
        try:
            account = sign_in_with_key(session(), ticket, answer, actor=system, now=now())
        except TicketWorthless:
            raise
        except DomainError:
            asked().recorded = True
            session().commit()
            raise
        session().commit()
        return tokens(account, refresh=refresh, key_shown=True)


def _door() -> Actor:
    system = Actor.system("sign-in", channel=Channel.REST)
    return replace(system, remote_addr=request.remote_addr or "")


def tokens(
    account: Account, *, refresh: bool = False, fresh: bool = True, key_shown: bool | None = None
) -> dict[str, Any]:
    """Return tokens that end with the account's present epoch.

    They say whether the key itself was shown; None lets that be as it was for the present ones.
    """
    identity = account.get_id()
    claims = {KEY_SHOWN: _was_shown() if key_shown is None else key_shown}
    found: dict[str, Any] = {
        "access_token": create_access_token(
            identity=identity,
            fresh=fresh,
            expires_delta=ACCESS_LASTS,
            additional_claims=claims,
        ),
        "must_change_password": account.must_change_password,
    }
    if refresh:
        found["refresh_token"] = create_refresh_token(
            identity=identity,
            expires_delta=timedelta(hours=settings().session_hours),
            additional_claims=claims,
        )
    return found


def _was_shown() -> bool:
    """Whether the session or token that this request came with began with the key itself."""
    said = get_jwt() if came_by_token() else flask.session
    return bool(said.get(KEY_SHOWN))
