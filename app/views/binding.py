"""The part of a page that asks a key to be bound (M4, M8)."""

from typing import Any

from flask import request

from app.security.key_policy import policy


def bind_of(
    account_id: int | None,
    *,
    application: int | None = None,
    field: str = "",
    serial: str = "",
    bound: str = "",
    reload: bool = False,
) -> dict[str, Any] | None:
    """Return what `bind_widget` draws, None where keys are not bound or nobody is there yet."""
    if not policy().offered or account_id is None:
        return None
    return {
        "url": f"{request.script_root}/api/v1/key_credentials/",
        "home": policy().home,
        "account": account_id,
        "application": application,
        "field": field,
        "serial": serial,
        "bound": bound,
        "reload": reload,
    }
