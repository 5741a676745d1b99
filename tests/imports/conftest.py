"""The tests here work in an office whose people all have keys and passwords, at every door."""

from tests.api.conftest import rest, staffed
from tests.support.office import database, office
from tests.views.conftest import browser

__all__ = ["browser", "database", "office", "rest", "staffed"]
