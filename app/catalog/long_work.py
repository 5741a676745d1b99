"""Long work that a person asks for: what it is called and who may ask for it.

What each does, `app/jobs/requested.py` says under the same name.
"""

from dataclasses import dataclass

from app.catalog.permissions import Permission
from app.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class LongWork:
    """One kind of long work; `label` is an English msgid."""

    name: str
    label: str
    permission: Permission
    rule: str = ""
    article: str = ""


_DECLARED: tuple[LongWork, ...] = (
    LongWork(
        name="export",
        label=N_("Take a list out as a file"),
        permission=Permission.LISTS_EXPORT,
        rule="X6",
    ),
    LongWork(
        name="print_forms",
        label=N_("Print forms"),
        permission=Permission.PRINT_COPIES_ADD,
        rule="A3",
        article="第五条",
    ),
    LongWork(
        name="read_scans",
        label=N_("Read scanned forms"),
        permission=Permission.SCANS_ADD,
        rule="A3",
        article="第九条",
    ),
    LongWork(
        name="decide_applications",
        label=N_("Many applications decided at once"),
        permission=Permission.APPLICATIONS_REVIEW,
        rule="M3",
        article="第三条",
    ),
)

LONG_WORK: dict[str, LongWork] = {work.name: work for work in _DECLARED}
