"""Bindings of keys over REST: listed within reach, made by asking a key (M4, M8, 第八条)."""

from http import HTTPStatus
from typing import Any

from flask import Response
from flask_appbuilder.api import expose
from sqlalchemy import select

from app.clock import now
from app.errors import Detail, InvalidInput, NotFound
from app.i18n import N_
from app.models.accounts import Account
from app.services.key_bindings import ask_to_bind, bind
from app.services.resources import RESOURCES
from app.views.api.base import CREATE, READ, ConsoleApi, json_of
from app.views.api.body import only, read_object, text_of
from app.views.api.door import Access, actor, asked, serves, session
from app.views.api.openapi import Spec

BIND = Access(verb="issue", noun="keys")
MOST_ID = 2**31 - 1


class KeyCredentialsApi(ConsoleApi):
    """`challenge` asks a key, `post` keeps what it answered; movements of the key end it."""

    resource = RESOURCES["key_credentials"]
    include_route_methods = READ | CREATE | {"challenge"}

    @expose("/challenge", methods=("POST",))
    @serves(BIND, tag="key:bound")
    def challenge(self) -> Response:
        """Return what the key with `key_serial` is asked, to be bound to an account.

        The account is named by `account_id` or `login_name`; `public_key` is for
        `navigator.credentials.create()`, `ticket` to come back with.
        """
        body = read_object()
        only(body, frozenset({"key_serial", "account_id", "login_name", "application_id"}))
        asked().subject_type = "key"
        asked().subject_label = text_of(body, "key_serial", required=True)[:200]
        question = ask_to_bind(
            session(),
            body["key_serial"],
            _account(body),
            application_id=_number(body, "application_id"),
            actor=actor(),
            now=now(),
        )
        session().commit()
        return json_of(
            {
                "ticket": question.ticket,
                "public_key": question.options,
                "expires_at": question.expires_at.isoformat(),
            }
        )

    @expose("/", methods=("POST",))
    @serves(BIND, tag="key:bound")
    def post(self) -> Response:
        """Bind the key that answered (`credential`) as `challenge` had asked (`ticket`)."""
        body = read_object()
        only(body, frozenset({"ticket", "credential"}))
        asked().subject_type = "key"
        ticket = text_of(body, "ticket", required=True)
        bound = bind(session(), ticket, body.get("credential"), actor=actor(), now=now())
        session().commit()
        return json_of({"id": bound.id, "result": self.show(bound.id)}, HTTPStatus.CREATED)

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what the two read."""
        text: Spec = {"type": "string"}
        number: Spec = {"type": "integer", "minimum": 1, "maximum": MOST_ID}
        if method == "challenge":
            return {
                "key_serial": {**text, "maxLength": 32},
                "account_id": number,
                "login_name": {**text, "maxLength": 64},
                "application_id": number,
            }, ["key_serial"]
        if method == "post":
            return {"ticket": text, "credential": {"type": "object"}}, ["ticket", "credential"]
        return super().posted(method)


def _number(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST_ID:
        raise InvalidInput(details=[Detail(name, "not_a_number", N_("A number is expected here."))])
    return value


def _account(body: dict[str, Any]) -> int:
    """Return the account that is named; NotFound beyond the actor's reach."""
    number, login = _number(body, "account_id"), text_of(body, "login_name")
    if (number is None) == (not login):
        words = N_("Name the account: by its number or by its login name.")
        raise InvalidInput(details=[Detail("account_id", "required", words)])
    if number is not None:
        return number
    name = login.strip().lower().replace("\x00", "")
    found = session().scalar(select(Account.id).where(Account.login_key == name))
    if found is None:
        raise NotFound
    return found
