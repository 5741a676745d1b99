"""The framework's security manager over our accounts: sign-in, sessions and rights read once."""

from typing import Any

from flask import Flask, g, request
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_jwt_extended import JWTManager
from flask_login import LoginManager
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.catalog.enums import Channel
from app.catalog.permissions import Permission
from app.models.accounts import Account
from app.security.actor import ACTOR, Actor, load_actor

EPOCH_CLAIM = "epoch"


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
        account = self._account(identity)
        if account is None or not account.is_active or epoch != str(account.epoch):
            return None
        self._enter(account, Channel.PAGE)
        return account

    def load_user_jwt(
        self, _jwt_header: dict[str, Any], jwt_data: dict[str, Any]
    ) -> Account | None:
        """Return the account of a token if it may still work."""
        account = self._account(str(jwt_data["sub"]))
        if account is None or not account.is_active or jwt_data.get(EPOCH_CLAIM) != account.epoch:
            return None
        self._enter(account, Channel.REST)
        g.user = account
        return account

    def _account(self, identity: str) -> Account | None:
        if not identity.isdecimal():
            return None
        found: Account | None = self.session.scalar(
            select(Account)
            .where(Account.id == int(identity))
            .options(joinedload(Account.organization))
            .execution_options(unscoped="who is signed in")
        )
        return found

    def _enter(self, account: Account, channel: Channel) -> None:
        """Make `account` the actor of this request; rights are read here and nowhere else."""
        actor = load_actor(
            self.session, account, channel=channel, remote_addr=request.remote_addr or ""
        )
        g.actor = actor
        self.session.info[ACTOR] = actor

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
