"""What the security administrators are told at once about keys in the wrong hands (M8, 第八条)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.accounts import Account
from app.models.notices import Notice
from app.workflow.notices import security_administrators

QUIET = timedelta(minutes=10)
"""The same about the same account is not told again before; the trail has every single one."""


def alert(session: Session, code: str, account: Account, *, key: str, now: datetime) -> None:
    """Tell every security administrator that something is wrong with `account`'s sign-in."""
    told = set(
        session.scalars(
            select(Notice.account_id)
            .where(
                Notice.code == code,
                Notice.subject_type == Account.__tablename__,
                Notice.subject_id == account.id,
                Notice.created_at > now - QUIET,
                Notice.account_id.in_(sorted(security_administrators(session))),
            )
            .execution_options(unscoped="who has been told already")
        )
    )
    for identity in sorted(security_administrators(session) - told):
        tell(session, code, account, to=identity, key=key, now=now)


def tell(
    session: Session, code: str, account: Account, *, to: int, key: str, now: datetime
) -> None:
    """Put a notice about `account` and the key with that serial number into somebody's inbox."""
    session.add(
        Notice(
            account_id=to,
            code=code,
            params={"login_name": account.login_name, "serial": key},
            subject_type=Account.__tablename__,
            subject_id=account.id,
            created_at=now,
        )
    )
    session.flush()
