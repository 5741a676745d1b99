"""Long work that a person asks for: what it is called and who may ask for it.

What each does, `app/jobs/requested.py` says under the same name.
"""

from dataclasses import dataclass

from app.catalog.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class LongWork:
    """One kind of long work; `label` is an English msgid."""

    name: str
    label: str
    permission: Permission
    rule: str = ""
    article: str = ""


_DECLARED: tuple[LongWork, ...] = ()

LONG_WORK: dict[str, LongWork] = {work.name: work for work in _DECLARED}
