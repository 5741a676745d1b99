"""The items of annexes 1–2 over REST (M4a, M4b)."""

from app.services.resources import RESOURCES
from app.views.api.base import ConsoleApi


class PermissionItemsApi(ConsoleApi):
    """Read by whoever signs in; changed by the catalogue."""

    resource = RESOURCES["permission_items"]
