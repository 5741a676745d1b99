"""What acts do beside changing the state; importing this package registers every effect."""

from app.workflow import cases, hand_over, key_stock
from app.workflow.effects import accounts, decisions, keys, road

__all__ = ["accounts", "cases", "decisions", "hand_over", "key_stock", "keys", "road"]
