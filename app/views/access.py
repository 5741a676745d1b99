"""Who may open a route: said beside it, checked before it runs; what nobody declared is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.catalog.permissions import Permission
from app.errors import Forbidden, Unauthenticated
from app.security.actor import Actor
from config import Settings

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`anyone`: without an account too; else a person who holds one of `permissions`, if any."""

    anyone: bool = False
    permissions: frozenset[Permission] = frozenset()

    def admits(self, actor: Actor | None) -> bool:
        """Whether `actor` may come in."""
        if self.anyone:
            return True
        if actor is None:
            return False
        return not self.permissions or bool(self.permissions & actor.permissions)


def anyone(view: View) -> View:
    """Open a route to everybody."""
    view.access = Access(anyone=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open a route to whoever has signed in."""
    return _guarded(view, Access())


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Open a route to whoever holds one of `permissions`."""
    return lambda view: _guarded(view, Access(permissions=frozenset(permissions)))


def _guarded(view: View, access: Access) -> View:
    @wraps(view)
    def opened(*args: Any, **kwargs: Any) -> Any:
        actor = actor_or_none()
        if actor is None:
            return _to_sign_in()
        if not access.admits(actor):
            raise Forbidden
        return view(*args, **kwargs)

    opened.access = access  # type: ignore[attr-defined]
    return opened  # type: ignore[return-value]


def _to_sign_in() -> Response:
    if request.method != "GET" or wants_json():
        raise Unauthenticated
    return redirect(url_for("SignInView.login", next=here()))


def actor_or_none() -> Actor | None:
    """Return who makes this request, None if nobody has signed in."""
    if not current_user.is_authenticated:
        return None
    found: Actor | None = g.get("actor")
    return found


def current_actor() -> Actor:
    """Return who makes this request; Unauthenticated if nobody has signed in."""
    actor = actor_or_none()
    if actor is None:
        raise Unauthenticated
    return actor


def here() -> str:
    """Return the address of this page without host, as a place to come back to."""
    return request.full_path.rstrip("?")


def local_path(address: str | None, otherwise: str = "/") -> str:
    """Return `address` if it leads to a page of this site, else `otherwise`.

    Browsers take a backslash for a slash and drop control characters: neither is let through.
    """
    if not address or not address.startswith("/") or address.startswith("//"):
        return otherwise
    if "\\" in address or any(ord(c) < ord(" ") or c == "\x7f" for c in address):
        return otherwise
    return address


def under_api() -> bool:
    """Whether the request came in by REST."""
    return request.path.startswith("/api/")


def wants_json() -> bool:
    """Whether the caller is a script: below /api/, or asking for JSON rather than a page."""
    if under_api():
        return True
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json"


def settings() -> Settings:
    """Return the settings of this installation."""
    found: Settings = current_app.config["KEYDESK"]
    return found
