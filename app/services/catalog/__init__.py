"""The catalogue's files and the rows: sync, diff, export (M11, 第十一条)."""

from app.services.catalog.declared import with_declared_kinds
from app.services.catalog.plan import Change, ChangeKind
from app.services.catalog.stored import mark_changed, stored_catalog
from app.services.catalog.sync import (
    CatalogUnfit,
    SyncReport,
    diff,
    export,
    plan_sync,
    sync,
)

__all__ = [
    "CatalogUnfit",
    "Change",
    "ChangeKind",
    "SyncReport",
    "diff",
    "export",
    "mark_changed",
    "plan_sync",
    "stored_catalog",
    "sync",
    "with_declared_kinds",
]
