"""How often somebody may try to sign in: counted by address and by login name, at every door."""

import time
from http import HTTPStatus

from flask import current_app, request
from limits import parse

from app.errors import DomainError
from app.i18n import N_


class TooManyAttempts(DomainError):
    """Signing in was tried too often; `retry_after` seconds later it can be tried again."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_attempts"
    msgid = N_("Too many attempts to sign in. Try again in %(seconds)s seconds.")

    def __init__(self, retry_after: int) -> None:
        """Say when to come back."""
        super().__init__(rule="M4", seconds=retry_after)
        self.retry_after = retry_after


def count_sign_in(login_name: str) -> None:
    """Count one attempt; raises TooManyAttempts beyond the configured limit.

    The address is counted whatever the name, the name whatever the address, known or not.
    """
    strategy = current_app.appbuilder.sm.limiter.limiter  # type: ignore[attr-defined]
    limit = parse(current_app.config["AUTH_RATE_LIMIT"])
    name = login_name.strip().lower()[:64]
    for identity in (("address", request.remote_addr or ""), ("login", name)):
        if not strategy.hit(limit, "sign-in", *identity):
            reset = strategy.get_window_stats(limit, "sign-in", *identity).reset_time
            raise TooManyAttempts(max(1, int(reset - time.time()) + 1))
