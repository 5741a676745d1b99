"""How templates read what views give them."""

from functools import lru_cache
from typing import Any

from flask.templating import Environment
from jinja2 import Undefined

DICT_ATTRIBUTES = frozenset(dir(dict))
_MISSING = object()


@lru_cache(maxsize=4096)
def _undefined(name: str) -> Undefined:
    return Undefined(name=name)


class Templates(Environment):
    """Looks a name up in a dictionary among its keys, and only then among its methods.

    What views hand over are dictionaries, read some two thousand times a page: asking each for an
    attribute first would raise and catch an exception every time. What is not there is the same
    nothing every time, too.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Give templates `zip`, to walk heads and cells together."""
        super().__init__(*args, **options)
        self.globals["zip"] = zip

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute` or `obj["attribute"]`, undefined where there is neither."""
        if type(obj) is dict:
            found = obj.get(attribute, _MISSING)
            if found is not _MISSING:
                return found
            if attribute not in DICT_ATTRIBUTES:
                return _undefined(attribute)
        return super().getattr(obj, attribute)
