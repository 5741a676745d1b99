"""Bindings of keys: which physical key is whose, since when, and what ended it (M8, 第八条)."""

from app.services.resources import RESOURCES
from app.views.base import ConsoleView


class KeyCredentialView(ConsoleView):
    """A list to look at: what a key answers makes a binding, what moves a key ends it."""

    resource = RESOURCES["key_credentials"]
    has_records = False
