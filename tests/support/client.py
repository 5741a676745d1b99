"""The test client: each request stands alone, and sees only what the test has committed."""

import contextvars
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

FLUSHED = "flushed and not committed"


class UncommittedChangesError(AssertionError):
    """The test changed rows and did not commit: the request would not see them."""


class KeydeskClient(FlaskClient):
    """A client that runs in a context of its own, as a request from outside does.

    With the test's application context in force, a request would share `g` and the session.
    """

    watched: Session | None = None

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        """Send the request, after the test's session has let go of its transaction."""
        if self.watched is not None:
            settle(self.watched)
        context = contextvars.Context()
        return context.run(super().open, *args, buffered=buffered, **kwargs)


def watch(session: Session) -> None:
    """Remember on `session` whether something is flushed and not committed."""
    event.listen(session, "after_flush", lambda s, _context: s.info.update({FLUSHED: True}))
    event.listen(session, "after_commit", lambda s: s.info.pop(FLUSHED, None))
    event.listen(session, "after_rollback", lambda s: s.info.pop(FLUSHED, None))


def settle(session: Session) -> None:
    """End the session's transaction, so that it reads afresh; refuse if changes would hang."""
    if session.new or session.dirty or session.deleted or session.info.get(FLUSHED):
        message = "commit the session before the request"
        raise UncommittedChangesError(message)
    session.rollback()
    session.expire_all()
