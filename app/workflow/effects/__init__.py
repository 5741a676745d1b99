"""What acts do beside changing the state; importing this package registers every effect."""

from app.workflow import (
    archives,
    cases,
    form_keys,
    hand_over,
    key_stock,
    known_users,
    named,
    stock_takes,
    take_over,
)
from app.workflow.effects import accounts, decisions, keys, road

__all__ = [
    "accounts",
    "archives",
    "cases",
    "decisions",
    "form_keys",
    "hand_over",
    "key_stock",
    "keys",
    "known_users",
    "named",
    "road",
    "stock_takes",
    "take_over",
]
