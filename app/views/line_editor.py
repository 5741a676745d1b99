"""The line editor of a form: its columns as declared, its rows with what the record says."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.catalog.types import FormColumn
from app.i18n import _, pick
from app.models.applications import ApplicationLine
from app.models.organizations import Organization
from app.services import regulations
from app.views.named_cells import drawn_row
from app.views.wording import beyond_title, label
from app.workflow.columns import LineColumn, finder_of, items_asked, line_columns
from app.workflow.form import MAX_LINES
from app.workflow.record import Present, presents

CONTROLS = {"citizen_id": "citizen_id", "items": "items", "choice": "select"}
SIZES = {"person_name": "s", "choice": "s", "citizen_id": "id", "items": "l"}


@dataclass(kw_only=True)
class LineEditor:
    """The lines of one form: of which kind, whose, under the rules of which day, as typed."""

    session: Session
    kind: str
    line_class: type[ApplicationLine]
    columns: tuple[FormColumn, ...]
    organization: Organization
    today: date
    lines: list[dict[str, Any]]

    @cached_property
    def declared(self) -> dict[str, LineColumn]:
        """The columns of this kind's lines, by name, in the annex's order."""
        return {it.name: it for it in line_columns(self.line_class)}

    @property
    def sets_by_type(self) -> bool:
        """Whether new people are entered whose permissions nobody chooses (M4b)."""
        return finder_of(self.line_class) is None and items_asked(self.line_class) is None

    def draw(self, **more: Any) -> dict[str, Any]:
        """Return what the template draws; `more` is what is said of the cells."""
        finder = finder_of(self.line_class)
        # Who is meant comes first, whatever the annex's order: the rest follows from it.
        columns = sorted(self.columns, key=lambda it: not finder or it.field != finder.name)
        return {
            "columns": [self._column(it) for it in columns],
            "rows": self.rows,
            "choices": self._choices(),
            "posts": self._posts(),
            "least": 1,
            "most": MAX_LINES,
            **more,
        }

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The lines as the editor shows them, the record's values among them."""
        finder = finder_of(self.line_class)
        found: dict[str, Present] = {}
        if finder is not None:
            logins = {str(line.get(finder.name) or "").strip() for line in self.lines}
            readable = {login for login in logins if "\x00" not in login}
            found = presents(self.session, self.organization.id, readable, self.line_class)
        return [drawn_row(self.line_class, line, found) for line in self.lines]

    def _column(self, column: FormColumn) -> dict[str, Any]:
        known = self.declared[column.field]
        declared = known.field
        drawn: dict[str, Any] = {
            "name": known.name,
            "label": pick(column, "heading"),
            "kind": CONTROLS.get(declared.kind, "text"),
            "required": declared.required,
            "size": SIZES.get(declared.kind, "m"),
        }
        if declared.finds_account:
            drawn["kind"] = "picker"
            drawn["placeholder"] = _("Name or login name")
            drawn["picker_url"] = url_for("FormView.people", kind=self.kind)
        elif declared.repeats_record:
            drawn |= {"readonly": True, "required": False}
        elif known.members is not None:
            drawn["choices"] = [{"value": m.value, "label": label(m)} for m in known.members]
        elif known.limit is not None:
            drawn["maxlength"] = known.limit
        return drawn

    def _choices(self) -> list[dict[str, str]]:
        if not any(column.holds_items for column in self.declared.values()):
            return []
        return [
            {
                "code": item.code,
                "label": pick(item, "title"),
                "group": label(item.category),
                "note": beyond_title(item),
            }
            for item in regulations.items_for(self.session, self.organization.type, self.today)
        ]

    def _posts(self) -> list[dict[str, Any]]:
        if items_asked(self.line_class) is None:
            return []
        found = regulations.posts_for(self.session, self.organization.type, self.today)
        return [{"label": pick(post, "name"), "codes": list(post.items)} for post in found]

    def codes(self) -> set[str]:
        """Return the codes of every permission item that stands on a line."""
        holding = [it.name for it in self.declared.values() if it.holds_items]
        return {
            code for row in self.rows for name in holding for code in row["cells"].get(name) or ()
        }
