"""Accounts over REST: opened by hand, corrected, revealed by an audited act (M2, M4, M5)."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask import Response, jsonify
from flask_appbuilder.api import expose
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.catalog.lifecycles import ACCOUNT
from app.catalog.permissions import RoleName
from app.clock import now, office_date
from app.i18n import pick
from app.models.accounts import Account
from app.models.grants import AccountGrant
from app.services.accounts import (
    amend_account,
    assign_roles,
    open_account,
    reset_password,
    reveal_citizen_id,
)
from app.services.offers import Offer, of_own_person
from app.services.resources import RESOURCES
from app.views.api.acting import ActingApi
from app.views.api.base import ACT, CHANGE, CREATE, READ
from app.views.api.body import flat, text_of
from app.views.api.door import Access, actor, asked, serves, session
from app.views.api.openapi import Spec
from app.views.api.rows import plain

ROLES: Spec = {"type": "array", "items": {"type": "string", "enum": list(RoleName)}}
GRANTS: Spec = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "item": {"type": "string"},
            "valid_from": {"type": "string", "format": "date-time"},
            "valid_until": {"type": "string", "format": "date-time", "nullable": True},
            "application_id": {"type": "integer", "nullable": True},
        },
    },
}


class AccountsApi(ActingApi):
    """Listed within reach with numbers masked; suspended, restored, cancelled by acts."""

    resource = RESOURCES["accounts"]
    include_route_methods = READ | CREATE | CHANGE | ACT | {"reveal", "new_password", "forms"}
    tags: ClassVar[Mapping[str, str]] = {"post": "account:opened", "put": "account:amended"}
    more_properties: ClassVar[Spec] = {
        "roles": ROLES,
        "grants": GRANTS,
        "key_serial": {"type": "string", "nullable": True},
    }

    def show(self, pk: Any) -> dict[str, Any]:
        """Return the account with its roles, what it may do since when, and its key."""
        found = super().show(pk)
        account = self.find(pk)
        found["roles"] = sorted(role.name for role in account.roles)
        found["key_serial"] = next((key.serial for key in account.keys if key.holder_id), None)
        found["grants"] = [_granted(grant) for grant in _grants(account)]
        return found

    def add(self, body: dict[str, Any]) -> Any:
        """Open an account by hand; everybody else comes by an application."""
        flat(body, lists=("roles",))
        return open_account(session(), raw=body, actor=actor(), now=now())

    def change(self, row: Any, body: dict[str, Any], version: int | None) -> None:
        """Correct the fields that are named; `roles` are then exactly the account's."""
        comment = asked().comment = text_of(body, "comment")
        body.pop("comment", None)
        flat(body, lists=("roles",))
        words: dict[str, Any] = {"actor": actor(), "now": now(), "comment": comment}
        roles = body.pop("roles", None)
        if body or roles is None:
            amend_account(session(), row, body, expected_version=version, **words)
            version = None
        if roles is not None:
            asked().tag = "account:roles_assigned"
            assign_roles(session(), row, roles, expected_version=version, **words)

    @expose("/<pk>/reveal", methods=("POST",))
    @serves(Access(verb="reveal"), tag="account:revealed")
    def reveal(self, pk: str) -> Response:
        """Return the whole citizen ID number; that it was shown, and to whom, is on record."""
        account = self.find(pk)
        number = reveal_citizen_id(session(), account, actor=actor(), now=now())
        session().commit()
        return jsonify({"id": account.id, "citizen_id": number})

    @expose("/<pk>/forms", methods=("GET",))
    @serves(Access(verb="add", noun="applications"))
    def forms(self, pk: str) -> Response:
        """Say how one of the own people stands, and what can be asked for, or why it cannot."""
        account = self.find(pk)
        person, found = of_own_person(session(), account, actor(), day=office_date(now()))
        key, form = person.key, person.form
        return jsonify(
            {
                "id": person.id,
                "login_name": person.login_name,
                "state": person.state.value,
                "administers": person.administers,
                "key": {"id": key.id, "serial": key.serial, "state": key.state} if key else None,
                "open_application": {"id": form.id, "number": form.number, "state": form.state}
                if form
                else None,
                "items": person.items,
                "unfinished_business": person.business,
                "count": len(found),
                "result": [_offered(offer) for offer in found],
            }
        )

    @expose("/<pk>/password", methods=("POST",))
    @serves(Access(verb="password"), tag="account:password_reset")
    def new_password(self, pk: str) -> Response:
        """Give a first password anew and tell it once; every session of the person ends."""
        account = self.find(pk)
        told = reset_password(session(), account, actor=actor(), now=now())
        session().commit()
        return jsonify({"id": account.id, "result": {"initial_password": told}})

    def act_names(self) -> set[str]:
        """Return the acts of an account's life."""
        return {transition.action for transition in ACCOUNT.transitions}

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Add the roles to what is read."""
        found = super().posted(method)
        if found is not None and method in {"post", "put"}:
            found[0]["roles"] = ROLES
        return found


def _offered(offer: Offer) -> dict[str, Any]:
    return {
        "kind": offer.entry.kind.value,
        "name": pick(offer.entry, "name"),
        "possible": offer.possible,
        "why_not": [it.detail.as_dict() for it in offer.obstacles],
        "begun": offer.begun.number if offer.begun else None,
    }


def _grants(account: Account) -> Iterable[AccountGrant]:
    return session().scalars(
        select(AccountGrant)
        .where(AccountGrant.account_id == account.id)
        .options(joinedload(AccountGrant.item))
        .order_by(AccountGrant.id)
    )


def _granted(grant: AccountGrant) -> dict[str, Any]:
    return {
        "item": grant.item.code,
        "valid_from": plain(grant.valid_from),
        "valid_until": plain(grant.valid_until),
        "application_id": grant.application_id,
    }
