"""How long each step of a road should wait at most, in working days; the Measures set no term.

These are the office's own targets: past one, a step shows as late.
"""

from app.catalog.types import RoadAction

DEFAULT_NORM = 3

NORMS: dict[str, int] = {
    RoadAction.APPROVE: 3,
    RoadAction.CONFIGURE: 1,
    RoadAction.ISSUE_KEY: 2,
    RoadAction.TAKE_BACK_KEY: 2,
    RoadAction.REBIND_KEY: 2,
    RoadAction.CANCEL_USER: 1,
    RoadAction.RESTORE_LOGIN: 1,
}


def norm_of(action: str) -> int:
    """Return the working days that a step with this action may wait."""
    return NORMS.get(action, DEFAULT_NORM)
