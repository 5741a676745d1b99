"""Who acts at the command line: a person's account, with that person's rights and no more.

Whoever reaches the command line holds the installation's secrets and its database; what is done
there in somebody's name carries the system user's name beside it.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.catalog.enums import Channel
from app.errors import Unauthenticated
from app.i18n import N_
from app.models.accounts import Account
from app.security.actor import Actor, load_actor
from app.services.signin import WHY_NOT, has_active_key

RULE, ARTICLE = "M4", "第四条"


def operator(
    session: Session, login_name: str, *, remote_addr: str, requires_key: bool
) -> tuple[Account, Actor]:
    """Return the account called `login_name` and its actor, if it could sign in now (M4)."""
    account = session.scalar(
        select(Account)
        .where(Account.login_key == login_name.strip().lower().replace("\x00", ""))
        .options(joinedload(Account.organization))
        .execution_options(unscoped="who acts at the command line")
    )
    if account is None:
        raise Unauthenticated(
            N_("There is no account %(name)s."),
            code="unknown_account",
            rule=RULE,
            article=ARTICLE,
            name=login_name[:64],
        )
    if account.state in WHY_NOT:
        code, msgid, rule, article = WHY_NOT[account.state]
        raise Unauthenticated(msgid, code=code, rule=rule, article=article)
    if requires_key and not has_active_key(session, account):
        raise Unauthenticated(
            N_("This account has no active key; nobody works without one."),
            code="no_active_key",
            rule=RULE,
            article=ARTICLE,
        )
    return account, load_actor(session, account, channel=Channel.CLI, remote_addr=remote_addr)
