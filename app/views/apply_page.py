"""The page on which a form is written: fields, line editor, papers, what happens after sending."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import render_template, url_for
from flask_login import current_user
from sqlalchemy import String, inspect

from app.catalog.enums import ApplicationState
from app.catalog.lifecycles import ApplicationKind
from app.clock import now, office_date
from app.errors import Detail
from app.extensions import db
from app.i18n import _, ngettext, pick
from app.models.applications import Application
from app.services import regulations, sheets
from app.services.applications import class_of, in_the_way
from app.services.papers import MAX_BYTES
from app.views.access import current_actor, settings
from app.views.line_editor import LineEditor
from app.views.road import ahead, office_of, usual_time
from app.views.sheet import Sheet, draw_file, requirement
from app.views.typed_form import (
    cell_errors,
    cell_remarks,
    errors_by_place,
    stored_form,
    summary,
)
from app.views.wording import article, joined, on_day, when
from app.workflow.columns import field_of
from app.workflow.form import HEADER

INPUTS = {"phone": "tel"}
OWN_DROPS = 12
"""Papers that each person brings get a place each on forms of up to so many persons."""


@dataclass(kw_only=True)
class ApplyPage:
    """One form on its way: what is stored, what was typed over it, what is wrong with it."""

    kind: ApplicationKind
    key: str
    application: Application | None = None
    raw: dict[str, Any] | None = None
    first_lines: list[dict[str, Any]] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    conflict: str = ""

    def __post_init__(self) -> None:
        """Load what belongs to a stored form."""
        self.session = db.session()
        self.actor = current_actor()
        self.organization = current_user.organization
        self.today = office_date(now())

    @cached_property
    def entry(self) -> Any:
        """What the form is called and which columns it has."""
        return regulations.kind_on(self.session, self.kind, self.today)

    @cached_property
    def sheet(self) -> Sheet | None:
        """The stored form, None while nothing has been saved."""
        if self.application is None:
            return None
        whole = sheets.load_sheet(self.session, self.application.id, self.actor)
        return Sheet(session=self.session, application=whole, actor=self.actor, now=now())

    @cached_property
    def typed(self) -> dict[str, Any]:
        """What stands in the fields: as typed, else as stored, else what is known already."""
        if self.raw is not None:
            return self.raw
        if self.sheet is not None:
            return stored_form(self.sheet.application)
        head = {**dict.fromkeys(HEADER, ""), "contact_name": current_user.name}
        return {**head, "lines": self.first_lines}

    def render(self) -> str:
        """Return the page."""
        road = self._road()
        return render_template(
            "applications/apply.html",
            head=self._head(),
            errors=self._errors(),
            returned=self._returned(),
            fields=self._fields(),
            editor=self.editor.draw(
                errors=cell_errors(self.details),
                remarks=cell_remarks(self.sheet.remarks) if self.sheet else {},
            ),
            sets=self._sets(),
            sets_note=_(
                "Permissions follow the type of your organization: there is nothing to choose."
            )
            if self.editor.sets_by_type
            else "",
            drops=self._drops(),
            papers_help=_(
                "PDF, JPEG, PNG or TIFF, up to %(most)s each. Bring the originals to the counter.",
                most=self._most_text,
            ),
            summary=self._summary(road),
            pledge_text=self._pledge(),
            form=self._form(),
            steps=ahead(self.session, road),
            article_basis=article(self.session, self.entry.article, self.today),
        )

    @cached_property
    def editor(self) -> LineEditor:
        """The lines as they are typed, stored or begun."""
        return LineEditor(
            session=self.session,
            kind=self.kind.value,
            line_class=class_of(self.kind).line_class,
            columns=self.entry.columns,
            organization=self.organization,
            today=self.today,
            lines=self.typed["lines"],
        )

    def _head(self) -> dict[str, Any]:
        if self.sheet is None:
            return {
                "title": pick(self.entry, "name"),
                "crumbs": [
                    {"label": _("New application"), "url": url_for("FormView.start")},
                    {"label": pick(self.entry, "name")},
                ],
                "actions": [self._import()],
            }
        application = self.sheet.application
        withdraw = {
            "label": _("Withdraw"),
            "url": url_for("ApplicationView.press", pk=application.id, action="withdraw"),
            "method": "post",
            "tone": "danger",
            "icon": "x-circle",
            "confirm": {
                "title": _("Withdraw this form?"),
                "text": _("The application ends here; its record is kept."),
                "button": _("Withdraw"),
            },
        }
        return self.sheet.head([self._import(application=application.id), withdraw])

    def _import(self, **more: Any) -> dict[str, Any]:
        """Return the way to take persons over from a spreadsheet."""
        return {
            "label": _("Import from Excel"),
            "url": url_for("LineImportView.upload", kind=self.kind.value, **more),
            "icon": "file-earmark-spreadsheet",
        }

    def _errors(self) -> list[dict[str, str]]:
        said = summary(self.details, self._labels)
        if self.conflict:
            said.insert(0, {"field": "", "message": self.conflict})
        return said

    @cached_property
    def _labels(self) -> dict[str, str]:
        """What the fields and the columns are called."""
        header = {name: _(field_of(Application, name).label) for name in HEADER}
        return {**header, **{it.field: pick(it, "heading") for it in self.entry.columns}}

    def _road(self) -> list[Any]:
        """Return the steps that the form would take by what it asks for now."""
        road = regulations.road_for(self.session, self.kind, self.today)
        codes = self.editor.codes()
        asked = {
            item.category
            for item in regulations.items_for(self.session, self.organization.type, self.today)
            if item.code in codes
        }
        return [step for step in road if not asked or step.category in {None, *asked}]

    def _returned(self) -> dict[str, str] | None:
        if self.sheet is None or self.sheet.application.state != ApplicationState.RETURNED:
            return None
        word = sheets.last_word(self.sheet.application)
        if word is None or word.closed_by is None:
            return None
        return {
            "by": word.closed_by.name,
            "office": office_of(self.session, word.duty),
            "when": when(word.closed_at),
            "comment": word.comment,
        }

    def _fields(self) -> list[dict[str, Any]]:
        errors = errors_by_place(self.details)
        fields: list[dict[str, Any]] = [
            {
                "name": "organization",
                "label": _("Organization"),
                "kind": "static",
                "value": f"{self.organization.name} · {self.organization.code}",
                "wide": True,
            }
        ]
        for name in HEADER:
            declared = field_of(Application, name)
            kind = inspect(Application).columns[name].type
            fields.append(
                {
                    "name": name,
                    "label": _(declared.label),
                    "kind": INPUTS.get(declared.kind, "text"),
                    "value": self.typed.get(name, ""),
                    "required": declared.required,
                    "help": _(declared.help) if declared.help else "",
                    "maxlength": kind.length if isinstance(kind, String) else None,
                    "autocomplete": "tel" if declared.kind == "phone" else "name",
                    "error": errors.get(name),
                    "remark": self.sheet.remark(name) if self.sheet else None,
                }
            )
        return fields

    def _sets(self) -> list[str]:
        if not self.editor.sets_by_type:
            return []
        found = regulations.items_for(self.session, self.organization.type, self.today)
        return [pick(item, "title") for item in found]

    # --- Papers

    def _drops(self) -> list[dict[str, Any]]:
        asked = regulations.papers_for(
            self.session,
            self.organization.type,
            self.organization.legal_form,
            self.today,
            kind=self.kind,
        )
        address = (
            url_for("MaterialView.attach", application_id=self.application.id)
            if self.application
            else url_for("MaterialView.attach_new", kind=self.kind.value, key=self.key)
        )
        drops = []
        for paper in asked:
            lines = self.sheet.application.lines if self.sheet and paper.per_person else []
            owners = lines if 0 < len(lines) <= OWN_DROPS else [None]
            for line in owners:
                files = self._files(paper.code, line.id if line else None)
                target = f"papers.{paper.code}"
                drops.append(
                    {
                        "paper": {
                            "code": paper.code,
                            "name": pick(paper, "name"),
                            "requirement": requirement(paper),
                            "person": line.name if line else "",
                            "line_id": line.id if line else None,
                            "lacking": not files,
                            "remark": self.sheet.remark(target) if self.sheet else None,
                            "files": files,
                        },
                        "url": address,
                        "max_bytes": self._most_bytes,
                        "max_text": self._most_text,
                    }
                )
        return drops

    @property
    def _most_text(self) -> str:
        return f"{self._most_bytes // 1024 // 1024} MB"

    @property
    def _most_bytes(self) -> int:
        return min(MAX_BYTES, settings().max_upload_mb * 1024 * 1024)

    def _files(self, code: str, line_id: int | None) -> list[dict[str, Any]]:
        if self.sheet is None:
            return []
        application = self.sheet.application
        return [
            draw_file(material, self.actor, application)
            for material in application.materials
            if material.paper_code == code and line_id in {None, material.line_id}
        ]

    # --- Sending

    def _summary(self, road: list[Any]) -> dict[str, Any]:
        first = min((step.position for step in road), default=0)
        offices = dict.fromkeys(
            office_of(self.session, step.duty) for step in road if step.position == first
        )
        lacking = [
            {
                "text": drop["paper"]["name"]
                + (f" · {drop['paper']['person']}" if drop["paper"]["person"] else ""),
                "field": f"paper-{drop['paper']['code']}"
                + (f"-{drop['paper']['line_id']}" if drop["paper"]["line_id"] else ""),
            }
            for drop in self._drops()
            if drop["paper"]["lacking"]
        ]
        persons = len(self.typed["lines"])
        return {
            "sentence": ngettext(
                "%(form)s with %(num)s person goes to %(offices)s.",
                "%(form)s with %(num)s persons goes to %(offices)s.",
                persons,
                form=pick(self.entry, "name"),
                offices=joined(offices),
            ),
            "lacking": lacking,
            "conflicts": self._conflicts(),
            "where": joined(offices),
            "about": usual_time(road),
        }

    def _conflicts(self) -> list[dict[str, str]]:
        """Return what would keep the form as it is stored from being taken, with the way to it."""
        if self.sheet is None or self.raw is not None:
            return []
        found = in_the_way(self.session, self.sheet.application, actor=self.actor, now=now())
        return summary(found, self._labels)

    def _pledge(self) -> dict[str, Any] | None:
        entry = regulations.pledge_for(self.session, self.kind, self.today)
        if entry is None:
            return None
        return {
            "text": pick(entry, "text"),
            "version": on_day(entry.valid_from),
            "name": "pledge",
            "error": errors_by_place(self.details).get("pledge"),
            "checked": False,
        }

    def _form(self) -> dict[str, Any]:
        if self.application is not None:
            address = url_for("FormView.edit", application_id=self.application.id)
        else:
            address = url_for("FormView.new", kind=self.kind.value)
        return {
            "url": address,
            "version": self.application.version if self.application else "",
            "idempotency_key": self.key,
            "autosave_url": address,
            "saved_at": "",
            "send_label": _("Send"),
        }
