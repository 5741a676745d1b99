"""The audit trail over REST: read by auditors, changed by nobody (X2)."""

from typing import ClassVar

from app.services.resources import RESOURCES
from app.views.api.base import ConsoleApi


class AuditEventsApi(ConsoleApi):
    """Every event with what it was about and what it changed."""

    resource = RESOURCES["audit_events"]
    extra: ClassVar[tuple[str, ...]] = ("old", "new")
