"""What the database says about a request, as the refusals that every door answers with.

The body itself is made in one place for pages and REST alike: `app/views/errors.py`.
"""

from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.errors import BadRequest, Conflict, DomainError, Forbidden, NotFound
from app.i18n import N_
from app.services.constraints import error_for

EXPECTED = (
    DomainError,
    HTTPException,
    IntegrityError,
    StaleDataError,
    DataError,
    OperationalError,
)
"""What a request can cause; anything else is a fault of the program."""

SERVER_FAULT = 500
HTTP: dict[int, type[DomainError]] = {403: Forbidden, 404: NotFound}


def as_domain_error(error: Exception) -> DomainError:
    """Return the refusal that `error` stands for; raise `error` if it is the program's fault."""
    match error:
        case DomainError():
            found = error
        case CSRFError():
            words = N_("The session's token is missing or out of date: reload the page.")
            found = BadRequest(words, code="csrf")
        case HTTPException() if error.code is not None and error.code < SERVER_FAULT:
            found = HTTP.get(error.code, BadRequest)()
        case IntegrityError():
            found = error_for(error) or Conflict()
        case StaleDataError():
            found = Conflict()
        case DataError():
            words = N_("A value does not fit what is stored.")
            found = BadRequest(words, code="value_does_not_fit")
        case OperationalError() if "locked" in str(error.orig):
            found = Conflict(N_("Somebody else is changing this record. Try again."))
        case _:
            raise error
    return found
