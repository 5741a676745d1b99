"""What was wrong with a decision, put beside what it is about on the page."""

from dataclasses import dataclass

from flask import url_for

from app.errors import Conflict, DomainError
from app.i18n import _
from app.models.applications import Application, ApplicationLine
from app.views.ruling import Ruling, asked_lines, data_of
from app.views.wording import sentences

LINES = "lines."
ASKED = {
    "login_names": "login_name",
    **dict.fromkeys(("key_serials", "returned_keys", "rebound_keys"), "key_serial"),
}
"""What is typed for each person, by the data of the act."""
ON_LINES = frozenset({"reason", "reason_code", "login_name", "key_serial"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """A refused decision: what was typed, and why it was not done."""

    application: Application
    typed: Ruling | None
    error: DomainError | None

    def summary(self) -> list[dict[str, str]]:
        """Return the list on top of the page; a conflict is told apart."""
        if self.error is None or isinstance(self.error, Conflict):
            return []
        if not self.error.details:
            return [{"field": "", "message": str(self.error)}]
        return [
            {"field": self._place(detail.field), "message": detail.message}
            for detail in self.error.details
        ]

    def conflict(self, *, keeps_comment: bool) -> dict[str, str] | None:
        """Return who decided what meanwhile, and what was typed where the page cannot hold it."""
        if not isinstance(self.error, Conflict):
            return None
        text = " ".join([str(self.error), *(detail.message for detail in self.error.details)])
        if self.typed is not None and not keeps_comment:
            written = [self.typed.comment, *self.typed.remarks().values()]
            if kept := sentences(it for it in written if it):
                text += " " + _("What you wrote: %(text)s", text=kept)
        return {"text": text, "url": url_for("ApplicationView.show", pk=self.application.id)}

    def of_line(self, line: ApplicationLine) -> dict[str, str]:
        """Return what is wrong with one line, by what was typed there."""
        found: dict[str, str] = {}
        for detail in self.error.details if self.error else ():
            bare = detail.field.removeprefix("data.")
            if bare.startswith(LINES) and self._line_at(detail.field) is line:
                column = bare.removeprefix(LINES).partition(".")[2]
                found.setdefault("reason" if column == "reason_code" else column, detail.message)
        return found

    def _line_at(self, place: str) -> ApplicationLine | None:
        """Return the line that a detail names: by position, or by its place in the data sent."""
        number = place.removeprefix("data.").removeprefix(LINES).partition(".")[0]
        if not number.isdigit():
            return None
        at = int(number)
        if not place.startswith("data."):
            return next((it for it in self.application.lines if it.position == at), None)
        sent = self._sent_lines()
        return sent[at - 1] if 0 < at <= len(sent) else None

    def _sent_lines(self) -> list[ApplicationLine]:
        """Return the lines that were sent along, in the order in which they were sent."""
        typed = self.typed
        if typed is None:
            return []
        lines = asked_lines(self.application, typed.action)
        name = ASKED.get(data_of(self.application, typed.action))
        if name is not None:
            return [line for line in lines if typed.of_line(line, name)]
        return [line for line in lines if typed.of_line(line, "verdict") == "refused"]

    def _place(self, place: str) -> str:
        """Return the id on the page of what a detail names."""
        bare = place.removeprefix("data.")
        if bare.startswith(LINES):
            line = self._line_at(place)
            column = bare.removeprefix(LINES).partition(".")[2]
            if line is None:
                return "lines-title"
            return f"line-{line.id}-{column}" if column in ON_LINES else f"line-{line.id}"
        if bare.startswith("papers"):
            return "papers"
        return "comment" if bare.startswith(("comment", "remarks")) else ""
