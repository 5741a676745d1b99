"""Lifecycles as tables: acts, states, who may, guards, effects, the article it rests on.

Nothing here runs; `app/workflow/engine.py` walks the tables.
"""

from app.catalog.lifecycles.accounts import ACCOUNT
from app.catalog.lifecycles.applications import APPLICATIONS, ApplicationKind
from app.catalog.lifecycles.archives import ARCHIVE
from app.catalog.lifecycles.cases import CASE
from app.catalog.lifecycles.keys import KEY
from app.catalog.lifecycles.stock_takes import STOCK_TAKE
from app.catalog.lifecycles.transitions import Form, Lifecycle, Transition

__all__ = [
    "ACCOUNT",
    "APPLICATIONS",
    "ARCHIVE",
    "CASE",
    "KEY",
    "STOCK_TAKE",
    "ApplicationKind",
    "Form",
    "Lifecycle",
    "Transition",
    "all_lifecycles",
]


def all_lifecycles() -> tuple[Lifecycle, ...]:
    """Return every lifecycle, for tests and diagrams."""
    return (*APPLICATIONS.values(), ACCOUNT, KEY, CASE, STOCK_TAKE, ARCHIVE)
