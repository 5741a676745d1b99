"""A demo office that came to be as a real one does: through the doors, by people, over weeks."""

from app.services.demo.load import DemoAccount, is_empty, load_demo

__all__ = ["DemoAccount", "is_empty", "load_demo"]
