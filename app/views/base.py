"""The generated console: list, record, forms and acts of a resource, on one class."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from flask import flash, redirect, render_template, request
from flask import session as cookie
from flask_appbuilder import BaseView, expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.catalog.permissions import Permission
from app.extensions import db
from app.i18n import _
from app.models.jobs import JobRun
from app.security.actor import Actor
from app.services.audit import history_of
from app.services.columns import Column
from app.services.exports import parse_format
from app.services.listing import Row, find_row, load
from app.views.access import current_actor, requires
from app.views.acts import Acts, Drawn
from app.views.addresses import CONDITION, Address
from app.views.cells import WITH_PAGES, Reading, concerns, fact, row_url
from app.views.conditions import address_with
from app.views.editing import Editing
from app.views.exporting import take_out
from app.views.lists import CHOSEN_COLUMNS, ListPage, columns_in_sight
from app.views.story import timeline
from app.views.wording import state

Answer = str | tuple[str, int] | Response

LONG = 120


class ConsoleView(Acts, Editing, BaseView):
    """A room of the console; `resource` says of what.

    A room overrides `create` and `change`, which call its service, and what its record shows beside
    the columns. Where the resource names no permission to add or to edit, there is no such page.
    """

    template_show: ClassVar[str] = "show.html"
    has_records: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Open each page of the room to whoever holds its permission, and to nobody else."""
        super().__init_subclass__(**kwargs)
        if "resource" not in cls.__dict__:
            return
        resource = cls.resource
        reading = resource.permission
        acting = reading if resource.acts else None
        cls.route_base = f"/{resource.name}"
        cls.class_permission_name = reading.noun
        doors = {
            "list": reading,
            "columns": reading,
            "export": Permission.LISTS_EXPORT,
            "show": reading if cls.has_records else None,
            "add": resource.add,
            "edit": resource.edit,
            "ask": acting,
            "act": acting,
            "bulk": reading if cls.lifecycle else None,
        }
        shut = {name for name, permission in doors.items() if permission is None}
        cls.exclude_route_methods = {*cls.exclude_route_methods, *shut}
        for name, permission in doors.items():
            if permission is not None and name not in cls.exclude_route_methods:
                setattr(cls, name, requires(permission)(getattr(cls, name)))
        if cls.has_records:
            WITH_PAGES.add(resource.name)

    @property
    def session(self) -> Session:  # type: ignore[override]
        """The session of this request."""
        found: Session = db.session()
        return found

    # --- One record

    @expose("/<pk>")
    def show(self, pk: str) -> Answer:
        """Show one record."""
        actor = current_actor()
        row = find_row(self.session, self.resource, pk)
        record = load(self.session, self.resource, pk) if self.resource.acts else None
        context = self.record(row, record, actor)
        if "events" not in context:
            context["events"] = self.events(row)
        return render_template(self.template_show, **context)

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Return what the page of a record shows; rooms add their own."""
        groups = [{"title": _(self.resource.singular), "facts": self.facts(row, actor)}]
        return {"head": self.head(row, record, actor), "groups": groups}

    def facts(self, row: Row, actor: Actor) -> Drawn:
        """Return what is declared about the row."""
        reading = Reading(self.resource, actor)
        facts = []
        for column in self.fact_columns(row, actor):
            value = row.values[column.name]
            whole = value if isinstance(value, str) and len(value) > LONG else None
            facts.append(fact(column, reading.reader(column, alone=True)(row), whole))
        return facts

    def fact_columns(self, row: Row, actor: Actor) -> Sequence[Column]:
        """Return what the page of a record says of it to this actor, besides what is over it."""
        resource = self.resource
        above = {"state"} if resource.acts else set()
        above |= {name for name in resource.title[:1] if row.values.get(name) == row.label}
        return [
            column
            for column in resource.columns.values()
            if column.field.exported and column.name not in above and concerns(column, actor)
        ]

    def head(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Return title, state, buttons and the way back."""
        resource = self.resource
        actions: Drawn = []
        if resource.edit is not None and actor.may(resource.edit):
            url = row_url(resource.name, f"{row.id}/edit")
            actions.append({"label": _("Edit"), "url": url, "icon": "pencil"})
        head: dict[str, Any] = {
            "title": row.label,
            "crumbs": [
                {"label": _(resource.plural), "url": row_url(resource.name, "")},
                {"label": row.label},
            ],
            "actions": actions,
        }
        if resource.acts:
            head["state"] = state(row.values["state"])
            actions += self.buttons(row, record, actor)
        return head

    def events(self, row: Row) -> Drawn:
        """Return what happened to the record."""
        table = self.resource.model.__tablename__
        return timeline(history_of(self.session, table, row.id)) if isinstance(row.id, int) else []

    # --- The list

    @expose("/")
    def list(self) -> Answer:
        """Show the page of the list that the address asks for."""
        return self._typed_condition() or self._list_page()

    @expose("/bulk", methods=["POST"])
    def bulk(self) -> Answer:
        """Do one act to every ticked row and say, row by row, what became of it."""
        return self._list_page(results=self.carry_out())

    def _typed_condition(self) -> Response | None:
        """Lead to the list with the condition that was typed, None where none was."""
        if not any(request.args.get(name) for name in CONDITION):
            return None
        here = Address(self.resource, request.path, request.args)
        return redirect(address_with(self.session, here, current_actor()))

    def _list_page(self, path: str = "", **more: Any) -> str:
        actor = current_actor()
        address = Address(self.resource, path or row_url(self.resource.name, ""), request.args)
        page = self.list_page(address, actor)
        acts = self.bulk_transitions(actor)
        if bar := self.bulk_bar(page, address.here().partition("?")[2]):
            more["bulk"] = bar
        head = page.head() | {"actions": self.list_actions(actor)}
        return render_template("list.html", head=head, page=page.context(acts=acts, **more))

    def list_page(self, address: Address, actor: Actor) -> ListPage:
        """Read the page of the list that an address asks for; rooms may show more beside it."""
        return ListPage(self.session, self.resource, address, actor)

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Return the buttons over the list."""
        if self.resource.add is None or not actor.may(self.resource.add):
            return ()
        url = row_url(self.resource.name, "add")
        words = _(self.add_label) if self.add_label else _("Add")
        return [{"label": words, "url": url, "icon": "plus-lg", "primary": True}]

    @expose("/export.<form>")
    def export(self, form: str) -> Answer:
        """Take every row that the address asks for out as a file."""
        actor = current_actor()
        address = Address(self.resource, row_url(self.resource.name, ""), request.args)
        shown = columns_in_sight(self.resource, Reading(self.resource, actor))
        query = address.query(columns=tuple(column.name for column in shown))
        made = take_out(self.resource, query, parse_format(form), actor)
        if isinstance(made, JobRun):
            flash(_("The file is being made: it will be ready here."), "info")
            return redirect(row_url("job_runs", made.id), HTTPStatus.SEE_OTHER)
        return made

    @expose("/columns", methods=["POST"])
    def columns(self) -> Answer:
        """Keep which columns this person wants to see."""
        known = self.resource.columns
        chosen = [name for name in request.form.getlist("columns") if name in known]
        cookie[CHOSEN_COLUMNS] = {**cookie.get(CHOSEN_COLUMNS, {}), self.resource.name: chosen}
        return redirect(row_url(self.resource.name, ""), HTTPStatus.SEE_OTHER)
