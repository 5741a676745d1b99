"""One after the other: what must not be decided by two at once, though no row stands for it."""

from enum import StrEnum
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.models.audit import NumberSeries

PREFIX = "TURN"


class Turn(StrEnum):
    """What is taken in turns."""

    TREE = "tree"
    """Moving organisations: two moves together could close a circle."""
    ROLES = "roles"
    """Taking roles: two together could leave nobody who can give any."""


def take_turn(session: Session, turn: Turn) -> None:
    """Wait until nobody else is at `turn`; it is this session's until it commits or rolls back.

    What is read afterwards is what the one before has left.
    """
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(NumberSeries).values(prefix=PREFIX, day=turn.value, last=1)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["prefix", "day"], set_={"last": NumberSeries.last + 1}
        )
    )
