"""The tests here work in an office with people in it, where they ask for one."""

from tests.support.office import database, office, staffed

__all__ = ["database", "office", "staffed"]
