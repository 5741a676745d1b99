"""The boundary of a verb that is no act of a lifecycle.

Commit once; a refusal is rolled back and put on record, as `perform()` does for acts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Conflict, DomainError
from app.i18n import N_
from app.security.actor import Actor
from app.services.acts import record_refusal
from app.services.constraints import error_for
from app.workflow.engine import lost_to_a_rival


@contextmanager
def committing(
    session: Session,
    *,
    tag: str,
    actor: Actor,
    now: datetime,
    subject_type: str,
    subject_id: int | None = None,
    subject_label: str = "",
    organization_id: int | None = None,
    comment: str = "",
) -> Iterator[None]:
    """Commit what the block did; if it was refused, undo it, record the refusal, raise it.

    A broken constraint and a row that somebody else has changed become the refusals they stand for.
    """
    about = {
        "tag": tag,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "subject_label": subject_label.replace("\x00", "")[:200],
        "organization_id": organization_id,
    }
    try:
        yield
        session.commit()
    except DomainError as error:
        session.rollback()
        record_refusal(session, error, actor=actor, now=now, comment=comment, **about)
        raise
    except (IntegrityError, OperationalError, StaleDataError) as error:
        session.rollback()
        refused = _refusal(error)
        record_refusal(session, refused, actor=actor, now=now, comment=comment, **about)
        raise refused from error


def _refusal(error: IntegrityError | OperationalError | StaleDataError) -> DomainError:
    """Return what the database's error means to a person; raise it if it means nothing."""
    if isinstance(error, IntegrityError):
        return error_for(error) or Conflict()
    if isinstance(error, OperationalError):
        if not lost_to_a_rival(error):
            raise error
        return Conflict(N_("Somebody else is changing this record. Try again."))
    return Conflict()
