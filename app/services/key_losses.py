"""A lost key reported at the door, day or night, by who knows the password and has no key (M8)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.enums import KeyState
from app.errors import Detail, InvalidInput, Refused
from app.i18n import N_
from app.models.keys import Key
from app.security.actor import Actor, load_actor
from app.services.acts import perform
from app.services.signin import admit

RULE, ARTICLE = "M8", "第八条"


def report_at_the_door(
    session: Session,
    login_name: str,
    password: str,
    *,
    comment: str,
    door: Actor,
    now: datetime,
) -> Key:
    """Freeze the key of who knows this password, without letting anybody in; return the key.

    Raises Unauthenticated as signing in does, Refused where no key is held, InvalidInput without
    words. What a password cannot do without its key, work, it cannot do here either.
    """
    account = admit(session, login_name, password, actor=door, now=now, requires_key=False)
    if not comment.strip():
        words = N_("Say when and where it was lost.")
        raise InvalidInput(details=[Detail("comment", "required", words, rule=RULE)])
    key: Key | None = session.scalar(
        select(Key)
        .where(Key.holder_id == account.id, Key.state == KeyState.ISSUED)
        .execution_options(unscoped="the key of who has just said the password")
    )
    if key is None:
        words = N_("No key of this account is in use.")
        details = [Detail("login", "no_active_key", words, rule=RULE)]
        raise Refused(words, code="no_active_key", details=details, rule=RULE, article=ARTICLE)
    holder = load_actor(session, account, channel=door.channel)
    actor = replace(holder, remote_addr=door.remote_addr)
    perform(session, Key, key.id, "report_lost", actor=actor, now=now, comment=comment)
    return key
