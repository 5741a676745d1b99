"""One REST resource, generated from its declaration by FAB's conventions."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Response, jsonify, request
from flask_appbuilder.api import expose
from sqlalchemy import inspect, select

from app.errors import Forbidden, InvalidInput
from app.i18n import N_
from app.models.jobs import JobRun
from app.services.exports import Format, parse_format
from app.services.listing import ListQuery, find_row, list_page, load
from app.services.resources import RESOURCES, Resource
from app.views.api import describe
from app.views.api.body import read_object, version_of
from app.views.api.door import Access, actor, asked, serves, session
from app.views.api.openapi import Spec, SpecifiedApi
from app.views.api.query import (
    INFO_KEYS,
    LIST_KEYS,
    SHOW_KEYS,
    column_name,
    keys_of,
    list_query,
    offset_of,
    read_q,
    search_of,
    shown_columns,
    size_of,
)
from app.views.api.rows import plain, told
from app.views.exporting import take_out

LIST = Access(verb="list")
ADD = Access(verb="add")
EDIT = Access(verb="edit")

EXPORT = Access(verb="export", noun="lists")

READ = frozenset({"get_list", "get", "info", "related", "distinct", "export"})
CREATE = frozenset({"post"})
CHANGE = frozenset({"put"})
REMOVE = frozenset({"delete"})
ACT = frozenset({"actions", "act"})


class ConsoleApi(SpecifiedApi):
    """A resource's endpoints; a subclass says which of them there are, and does the writing.

    `extra` names attributes that rows carry beside the declared columns; `more_properties`
    describes what a single row has besides.
    """

    resource: ClassVar[Resource]
    extra: ClassVar[tuple[str, ...]] = ()
    more_properties: ClassVar[Spec] = {}
    include_route_methods: ClassVar[frozenset[str]] = READ

    def __init__(self) -> None:
        """Take names and permissions from the declaration (`can_list` on the resource's noun)."""
        self.resource_name = self.openapi_spec_tag = self.resource.name
        self.class_permission_name = self.resource.permission.noun
        self.subject_type = str(self.resource.model.__tablename__)
        super().__init__()

    # --- Reading

    @expose("/", methods=("GET",))
    @serves(LIST)
    def get_list(self) -> Response:
        """Return one page of the rows within the actor's reach."""
        wanted = read_q()
        keys = keys_of(wanted, LIST_KEYS)
        query = list_query(self.resource, wanted)
        names = query.columns or tuple(column.name for column in self.resource.exported)
        page = list_page(session(), self.resource, replace(query, columns=names))
        rows = [told(row, page.columns) for row in page.rows]
        self._add_extra(rows)
        described = describe.listing(self.resource)
        return jsonify(
            {
                "count": page.count,
                "count_is_bound": page.more,
                "ids": [row["id"] for row in rows],
                "result": rows,
                "after": page.older,
                "before": page.newer,
                **{key: described[key] for key in keys},
            }
        )

    @expose("/export", methods=("GET",))
    @serves(EXPORT, tag="list:exported")
    def export(self) -> Response:
        """Return every row of the list as a file; 202 and a run where an XLSX would be long."""
        wanted = list_query(self.resource, read_q())
        form = parse_format(request.args.get("format", Format.CSV))
        later = request.args.get("later", "") in {"1", "true"}
        made = take_out(self.resource, wanted, form, actor(), later=later)
        if isinstance(made, JobRun):
            return json_of({"id": made.id, "job_run": str(made)}, HTTPStatus.ACCEPTED)
        return made

    @expose("/<pk>", methods=("GET",))
    @serves(LIST)
    def get(self, pk: str) -> Response:
        """Return one row within the actor's reach."""
        wanted = read_q()
        keys = keys_of(wanted, SHOW_KEYS)
        result = self.show(pk)
        columns = shown_columns(self.resource, wanted, result)
        identity = result["id"]
        described = describe.showing(self.resource, list(result))
        result = {name: value for name, value in result.items() if name in columns}
        return jsonify({"id": identity, "result": result, **{key: described[key] for key in keys}})

    def show(self, pk: Any) -> dict[str, Any]:
        """Return one row as `get` answers it; NotFound beyond the actor's reach."""
        names = tuple(column.name for column in self.resource.exported)
        row = find_row(session(), self.resource, pk, columns=names)
        result = told(row, self.resource.exported)
        self._add_extra([result])
        return result

    @expose("/_info", methods=("GET",))
    @serves(LIST)
    def info(self) -> Response:
        """Return the actor's permissions, the filters, and the fields that can be entered."""
        keys = keys_of(read_q(), INFO_KEYS)
        described = describe.information(self.resource, self.base_permissions, actor())
        return jsonify({key: described[key] for key in keys})

    @expose("/related/<column>", methods=("GET",))
    @serves(LIST)
    def related(self, column: str) -> Response:
        """Return rows that the column can refer to, within the actor's reach, by search."""
        wanted = read_q()
        declared = self.resource.column(column_name(self.resource, column))
        target = RESOURCES.get(declared.field.resource or "")
        if target is None:
            raise InvalidInput(N_("This column refers to nothing."), code="not_a_reference")
        if not actor().may(target.permission):
            raise Forbidden
        size = size_of(wanted)
        page = list_page(
            session(),
            target,
            ListQuery(search=search_of(wanted), size=size, offset=offset_of(wanted, size)),
        )
        found = [{"value": plain(row.id), "text": row.label} for row in page.rows]
        return jsonify({"count": page.count, "count_is_bound": page.more, "result": found})

    @expose("/distinct/<column>", methods=("GET",))
    @serves(LIST)
    def distinct(self, column: str) -> Response:
        """Return the values that a column of a closed vocabulary can have."""
        declared = self.resource.column(column)
        if declared.members is None:
            raise InvalidInput(N_("This column has no list of values."), code="no_choices")
        found = describe.choices(declared)
        return jsonify({"count": len(found), "result": found})

    # --- Writing

    @expose("/", methods=("POST",))
    @serves(ADD)
    def post(self) -> Response:
        """Add a row and return it."""
        row = self.add(read_object())
        session().commit()
        result = self.show(row.id)
        return json_of({"id": result["id"], "result": result}, HTTPStatus.CREATED)

    @expose("/<pk>", methods=("PUT",))
    @serves(EDIT)
    def put(self, pk: str) -> Response:
        """Change the fields that are named; with `version`, only if nobody else has meanwhile."""
        row = self.find(pk)
        body = read_object()
        version = version_of(body)
        body.pop("version", None)
        self.change(row, body, version)
        session().commit()
        result = self.show(row.id)
        return json_of({"id": result["id"], "result": result})

    def add(self, body: dict[str, Any]) -> Any:
        """Add what `body` describes and return the row, uncommitted."""
        raise NotImplementedError

    def change(self, row: Any, body: dict[str, Any], version: int | None) -> None:
        """Change `row` as `body` says, uncommitted."""
        raise NotImplementedError

    def find(self, pk: Any) -> Any:
        """Return the row itself, within the actor's reach; the act asked for is about it."""
        row = load(session(), self.resource, pk)
        asked().concerns(row)
        return row

    # --- What a declaration cannot say

    def _add_extra(self, rows: list[dict[str, Any]]) -> None:
        """Read the attributes that carry no declaration, for all rows at once."""
        names = self.extra
        if "version" in inspect(self.resource.model).columns and not self.resource.acts:
            names = (*names, "version")
        if not names or not rows:
            return
        key = self.resource.key
        found = session().execute(
            select(key, *(getattr(self.resource.model, name) for name in names)).where(
                key.in_([row["id"] for row in rows])
            )
        )
        more = {raw[0]: dict(zip(names, map(plain, raw[1:]), strict=True)) for raw in found}
        for row in rows:
            row.update(more.get(row["id"], {}))

    def specify(self, method: str) -> Spec:
        """Describe one endpoint for the OpenAPI document."""
        return describe.operation(self, method)

    def schemas(self) -> dict[str, Spec]:
        """Describe the rows for the OpenAPI document."""
        return describe.schemas(self)

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Return properties and required names of what `method` reads, None if it reads nothing."""
        if method in {"post", "put"}:
            return describe.form(self.resource, method)
        return None


def json_of(body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return `body` as JSON."""
    response = jsonify(body)
    response.status_code = int(status)
    return response
