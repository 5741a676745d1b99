"""Adding and editing in the console: forms from the declarations, saved by the room's service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clock import now
from app.errors import DomainError
from app.i18n import _
from app.security.actor import Actor
from app.services.columns import Column
from app.services.commits import committing
from app.services.listing import load
from app.services.resources import Resource
from app.views.access import current_actor
from app.views.acts import mendable
from app.views.cells import row_url
from app.views.record_forms import Fields, errors_of, typed_fields, typed_version

Answer = str | tuple[str, int] | Response


class Editing:
    """The part of a room that adds and edits; `tags` name the two in the audit trail."""

    resource: ClassVar[Resource]
    tags: ClassVar[tuple[str, str]] = ("", "")
    add_label: ClassVar[str] = ""
    """What adding a record is called where it has a name of its own."""
    lists: ClassVar[tuple[str, ...]] = ()
    """Fields of the add form beside the columns that take several values."""

    session: Session

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> Any:
        """Add what was typed and return it; the room's service does."""
        raise NotImplementedError

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> Any:
        """Change the record to what was typed and return it; the room's service does."""
        raise NotImplementedError

    def version_of(self, record: Any) -> int:
        """Return what tells the record as it was shown from the record as it is."""
        version: int = record.version
        return version

    def drawn(self, fields: Fields, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """Return the fields of a form; `fields.row` is None where a record is added."""
        return [fields.of(column) for column in columns]

    @expose("/add", methods=["GET", "POST"])
    def add(self) -> Answer:
        """Show the empty form; save what was typed, or give it back with what is wrong."""
        if request.method == "GET":
            return self._page(self.resource.new_form, None)
        actor, moment = current_actor(), now()
        try:
            raw = typed_fields(self.resource.new_form, many=self.lists)
            with committing(
                self.session,
                tag=self.tags[0],
                actor=actor,
                now=moment,
                subject_type=self.resource.model.__tablename__,
                subject_label=str(raw.get(self.resource.title[0], "")),
            ):
                record = self.create(raw, actor, moment)
                identity = record.id
        except DomainError as error:
            if not mendable(error):
                raise
            return self._page(self.resource.new_form, None, error), int(error.status)
        return self.saved(identity, _("Added, and on record."))

    @expose("/<pk>/edit", methods=["GET", "POST"])
    def edit(self, pk: str) -> Answer:
        """Show the form; save what was typed unless somebody else was quicker."""
        record = load(self.session, self.resource, pk)
        if request.method == "GET":
            return self._page(self.resource.edit_form, record)
        actor, moment = current_actor(), now()
        try:
            raw = typed_fields(self.resource.edit_form)
            version = typed_version()
            with committing(
                self.session,
                tag=self.tags[1],
                actor=actor,
                now=moment,
                subject_type=self.resource.model.__tablename__,
                subject_id=record.id,
                subject_label=str(record),
                organization_id=getattr(record, "organization_id", None),
            ):
                kept = _kept(self.resource.edit_form, raw)
                identity = self.change(record, kept, version, actor, moment).id
        except DomainError as error:
            if not mendable(error):
                raise
            record = load(self.session, self.resource, pk)
            return self._page(self.resource.edit_form, record, error), int(error.status)
        return self.saved(identity, _("Saved, and on record."))

    def saved(self, identity: Any, words: str) -> Answer:
        """Say that it was saved and show the record."""
        flash(words, "success")
        return redirect(row_url(self.resource.name, identity), HTTPStatus.SEE_OTHER)

    def _page(
        self, columns: Sequence[Column], record: Any, error: DomainError | None = None
    ) -> str:
        fields = Fields(
            self.session,
            row=record,
            typed=request.form if request.method == "POST" else None,
            error=error,
        )
        drawn = self.drawn(fields, columns)
        name = self.resource.name
        back = row_url(name, "" if record is None else record.id)
        adding = _(self.add_label) if self.add_label else ""
        title = str(record)
        if record is None:
            title = adding or _("Add: %(what)s", what=_(self.resource.singular))
        crumbs = [{"label": _(self.resource.plural), "url": row_url(name, "")}]
        if record is not None:
            crumbs.append({"label": str(record), "url": back})
        crumbs.append({"label": (adding or _("Add")) if record is None else _("Edit")})
        return render_template(
            "form.html",
            head={"title": title, "crumbs": crumbs},
            errors=errors_of(error, drawn),
            groups=[{"title": _(self.resource.singular), "fields": drawn}],
            form={
                "url": row_url(name, "add") if record is None else f"{back}/edit",
                "version": None if record is None else self.version_of(record),
                "cancel_url": back,
                "submit_label": adding if record is None else "",
            },
        )


def _kept(columns: Sequence[Column], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out hidden values that were left empty: they stay as they are."""
    hidden = {column.name for column in columns if column.field.masked}
    return {name: value for name, value in raw.items() if name not in hidden or value.strip()}
