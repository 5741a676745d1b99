"""How templates read what views give them."""

from typing import Any

from flask.templating import Environment

DICT_ATTRIBUTES = frozenset(dir(dict))


class Templates(Environment):
    """Looks a name up in a dictionary among its keys, and only then among its methods.

    What views hand over are dictionaries, read some two thousand times a page: asking each for an
    attribute first would raise and catch an exception every time.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute` or `obj["attribute"]`, undefined where there is neither."""
        if type(obj) is dict:
            try:
                return obj[attribute]
            except KeyError:
                if attribute not in DICT_ATTRIBUTES:
                    return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)
