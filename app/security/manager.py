"""The framework's security manager over our accounts: sign-in, sessions and rights read once."""

from typing import Any

from flask import Flask, g, request
from flask import session as cookie
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_jwt_extended import JWTManager
from flask_login import LoginManager

from app.catalog.enums import Channel
from app.catalog.permissions import Permission
from app.models.accounts import Account
from app.security.actor import ACTOR, Actor, Person, read_person
from app.security.key_policy import policy

EPOCH_CLAIM = "epoch"
KEY_SHOWN = "key_shown"
"""In a session and in a token: it began with the key itself, not with the password alone."""


class KeydeskSecurityManager(SecurityManager):
    """Accounts are `account` rows; who may what is asked of the actor."""

    user_model = Account

    def register_views(self) -> None:
        """Add no view of the framework's: the pages and REST doors of sign-in are our own."""

    def create_db(self) -> None:
        """Create nothing: migrations and `catalog sync` do."""

    def create_login_manager(self, app: Flask) -> LoginManager:
        """Send whoever is not signed in to our own sign-in page."""
        manager: LoginManager = super().create_login_manager(app)
        manager.login_view = "SignInView.login"
        manager.session_protection = None
        return manager

    def create_jwt_manager(self, app: Flask) -> JWTManager:
        """Put the session's epoch into every token, so that ending sessions ends tokens."""
        manager: JWTManager = super().create_jwt_manager(app)
        manager.additional_claims_loader(lambda identity: {EPOCH_CLAIM: _epoch_of(identity)})
        manager.user_identity_loader(lambda identity: str(identity).partition(":")[0])
        return manager

    def load_user(self, pk: str) -> Account | None:
        """Return the account of a session ("id:epoch") if it may still work."""
        identity, _, epoch = str(pk).partition(":")
        person = self._person(identity)
        if person is None or epoch != str(person.account.epoch):
            return None
        if policy().required and not cookie.get(KEY_SHOWN):
            return None
        return self._enter(person, Channel.PAGE)

    def load_user_jwt(
        self, _jwt_header: dict[str, Any], jwt_data: dict[str, Any]
    ) -> Account | None:
        """Return the account of a token if it may still work."""
        person = self._person(str(jwt_data["sub"]))
        if person is None or jwt_data.get(EPOCH_CLAIM) != person.account.epoch:
            return None
        if policy().required and not jwt_data.get(KEY_SHOWN):
            return None
        g.user = self._enter(person, Channel.REST)
        return person.account

    def _person(self, identity: str) -> Person | None:
        """Return who that is; rights are read here, once a request, and nowhere else."""
        if not identity.isdecimal():
            return None
        person = read_person(self.session(), int(identity))
        return person if person is not None and person.account.is_active else None

    def _enter(self, person: Person, channel: Channel) -> Account:
        """Make `person` the actor of this request."""
        actor = person.acting_through(channel, request.remote_addr or "")
        g.actor = actor
        self.session.info[ACTOR] = actor
        return person.account

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Return whether the actor may do `can_<verb>` on `<noun>`."""
        actor: Actor | None = g.get("actor")
        value = f"{view_name}.{permission_name.removeprefix('can_')}"
        if actor is None or value not in Permission._value2member_map_:
            return False
        return actor.may(Permission(value))

    def is_item_public(self, permission_name: str, view_name: str) -> bool:  # noqa: ARG002 - the framework's signature
        """Nothing is public."""
        return False


def _epoch_of(identity: str) -> int:
    return int(str(identity).partition(":")[2] or 0)
