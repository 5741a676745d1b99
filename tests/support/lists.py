"""Asking lists for something, and what they answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.accounts import Account
from app.services.columns import Operator
from app.services.conditions import Filter
from app.services.listing import Page
from tests.support.factories import NOON

Ask = Callable[..., Page]
Fits = Callable[[Account], bool]


def where(column: str, operator: str, value: Any) -> tuple[Filter, ...]:
    """One filter."""
    return (Filter(column=column, operator=Operator(operator), value=value),)


def ids(page: Page) -> list[Any]:
    """Which rows a page shows."""
    return [row.id for row in page.rows]


def everybody(session: Session) -> list[Account]:
    """Every account, the oldest first."""
    return list(session.scalars(select(Account).order_by(Account.id)))


def nobody(_account: Account) -> bool:
    """Fits no account."""
    return False


def hours(account: Account) -> float:
    """How long after noon an account was opened."""
    return (account.created_at - NOON) / timedelta(hours=1)
