"""What is pledged on a form: the words in force, those accepted, and how (M8, 第八条)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.clock import office_date
from app.i18n import pick
from app.models.applications import Application
from app.models.regulations import Pledge
from app.workflow.regulation import pledge_on


def pledge_of(session: Session, application: Application, day: date) -> Pledge | None:
    """Return the version that was accepted; of a form never handed in the one of that day."""
    if application.pledge_id is not None:
        return session.get(Pledge, application.pledge_id)
    return pledge_on(session, application.kind, day)


def in_force(session: Session, application: Application, now: datetime) -> dict[str, Any] | None:
    """Return what handing the form in accepts now: version, text in the reader's language, clause.

    None where no pledge is in force, so that nothing can be handed in.
    """
    found = pledge_on(session, application.kind, office_date(now))
    return _words(found) if found is not None else None


def told(session: Session, application: Application) -> dict[str, Any] | None:
    """Return what was pledged and how it was accepted; None for a form never handed in."""
    if application.pledge_id is None:
        return None
    accepted = application.pledged.value if application.pledged else None
    return {**_words(session.get_one(Pledge, application.pledge_id)), "accepted": accepted}


def _words(pledge: Pledge) -> dict[str, Any]:
    return {
        "version": pledge.version,
        "text": pick(pledge, "text"),
        "article": pledge.article,
    }
