"""Switch-over: an office's people, keys and items out of its former lists, so that it can begin."""

from app.services.switch_over.load import Lists, Load, Tally

__all__ = ["Lists", "Load", "Tally"]
