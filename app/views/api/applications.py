"""Applications over REST, of every kind: drafted, changed, decided by acts (M5, 第五条)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Response, jsonify
from flask_appbuilder.api import expose

from app.catalog.lifecycles import APPLICATIONS
from app.clock import now
from app.errors import Detail, InvalidInput, NotFound
from app.i18n import N_, _
from app.models.applications import Application, ApplicationLine
from app.services import bulk
from app.services.accounts import reveal_citizen_id
from app.services.applications import (
    class_of,
    open_draft,
    own_organization,
    parse_kind,
    save_draft,
)
from app.services.resources import RESOURCES
from app.views.api.acting import ACTING, ActingApi
from app.views.api.base import ACT, ADD, CHANGE, CREATE, READ, json_of
from app.views.api.body import idempotency_key_of, only, read_object, text_of, version_of
from app.views.api.door import Access, actor, asked, serves, session
from app.views.api.forms import LINE, SHOWN, as_typed, told_form
from app.views.api.line_imports import IMPORT, imported, specified
from app.views.api.openapi import Spec
from app.views.line_imports import template_of
from app.workflow.form import HEADER

FORM = frozenset({"kind", "organization", *HEADER, "lines"})
FIXED = ("kind", "organization")
OF_A_LINE = frozenset({"id", "position", "remark", "items"})
MOST_ID = 2**31
MANY = frozenset({"ids", "comment", "idempotency_key"})
MANY_SCHEMA: Spec = {
    "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": bulk.MOST},
    "comment": {"type": "string", "maxLength": 2000},
    "idempotency_key": {"type": "string", "maxLength": bulk.MAX_KEY},
}


class ApplicationsApi(ActingApi):
    """`kind`, header and lines in one document; everything after the draft is an act."""

    resource = RESOURCES["applications"]
    include_route_methods = (
        READ | CREATE | CHANGE | ACT | {"reveal_line", "act_on_many", "template", "take_over"}
    )
    more_properties: ClassVar[Spec] = SHOWN

    def show(self, pk: Any) -> dict[str, Any]:
        """Return the form with its lines, the work done and waiting, remarks, papers, road."""
        return super().show(pk) | told_form(session(), self.find(pk))

    @expose("/", methods=("POST",))
    @serves(ADD, tag="application:drafted")
    def post(self) -> Response:
        """Keep a draft of one's own organisation; all that is wrong in it is refused at once."""
        asked().organization_id = actor().organization_id
        body = read_object()
        only(body, FORM)
        kind = parse_kind(body.get("kind"))
        code = text_of(body, "organization").strip().upper()
        organization = own_organization(session(), actor(), code)
        _check_lines(class_of(kind), body)
        application, _problems = open_draft(
            session(),
            kind=kind,
            organization=organization,
            raw=body,
            actor=actor(),
            now=now(),
            strict=True,
        )
        session().commit()
        return json_of(_short(application), HTTPStatus.CREATED)

    @expose("/<pk>", methods=("PUT",))
    @serves(ADD, tag="application:edited")
    def put(self, pk: str) -> Response:
        """Change a draft or a returned form; what is not named stays, `lines` come whole."""
        application: Application = self.find(pk)
        body = read_object()
        only(body, FORM | {"version"})
        _check_fixed(application, body)
        _check_lines(type(application), body)
        save_draft(
            session(),
            application,
            as_typed(application, body),
            actor=actor(),
            now=now(),
            strict=True,
            expected_version=version_of(body),
        )
        session().commit()
        return jsonify(_short(application))

    @expose("/templates/<kind>", methods=("GET",))
    @serves(ADD)
    def template(self, kind: str) -> Response:
        """Return the empty spreadsheet of a kind of form, for one's own organisation."""
        return template_of(parse_kind(kind), own_organization(session(), actor()))

    @expose("/import", methods=("POST",))
    @serves(ADD, tag="application:imported")
    def take_over(self) -> Response:
        """Look a spreadsheet of lines over, row by row; take it over unless `dry_run` says not to.

        With `part=good` the good rows are taken although others are wrong.
        """
        return imported()

    @expose("/<pk>/lines/<position>/reveal", methods=("POST",))
    @serves(Access(verb="reveal", noun="accounts"), tag="application:person_revealed")
    def reveal_line(self, pk: str, position: str) -> Response:
        """Return the whole citizen ID number on one line; that it was shown is on record."""
        application: Application = self.find(pk)
        line = next((row for row in application.lines if str(row.position) == position), None)
        if line is None:
            raise NotFound
        number = reveal_citizen_id(session(), line, actor=actor(), now=now())
        session().commit()
        return jsonify({"id": application.id, "position": line.position, "citizen_id": number})

    @expose("/actions/<action>", methods=("POST",))
    @serves(ACTING, tag="application:many")
    def act_on_many(self, action: str) -> Response:
        """Do one act to many applications, each by itself; answer what became of each.

        Beyond 50 it is long work: the answer (202) names its run, whose result has a line for each.
        """
        body = read_object()
        only(body, MANY)
        ids, comment = _ids(body), text_of(body, "comment")
        asked().comment = comment
        transition = bulk.check(action, ids, actor=actor(), comment=comment)
        if len(ids) > bulk.AT_ONCE:
            title = f"{_(transition.label)} ({len(ids)})"
            run = bulk.ask(
                session(), ids, action, title=title, actor=actor(), now=now(), comment=comment
            )
            session().commit()
            told = {"id": run.id, "state": run.state.value, "total": run.total}
            return json_of({"job_run": told}, HTTPStatus.ACCEPTED)
        key = _key(body)
        asked().recorded = True
        outcomes = [
            bulk.told(outcome)
            for outcome in bulk.carry_out(
                session(), ids, action, actor=actor(), now=now(), comment=comment, key=key
            )
        ]
        done = sum(1 for outcome in outcomes if outcome["done"])
        return jsonify({"done": done, "refused": len(outcomes) - done, "result": outcomes})

    def specify(self, method: str) -> Spec:
        """Describe the files, which are not JSON."""
        return specified(super().specify(method), method)

    def act_names(self) -> set[str]:
        """Return the acts of every kind."""
        return {t.action for lifecycle in APPLICATIONS.values() for t in lifecycle.transitions}

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe the form as it is posted."""
        if method == "take_over":
            return IMPORT, ["kind", "file"]
        text: Spec = {"type": "string"}
        form: Spec = {
            "kind": {"type": "string", "enum": [kind.value for kind in APPLICATIONS]},
            "organization": {**text, "description": "The organisation's code"},
            **{name: {**text, "maxLength": 60} for name in HEADER},
            "lines": {"type": "array", "items": LINE, "maxItems": 5000},
        }
        if method == "post":
            return form, ["kind", "organization", *HEADER, "lines"]
        if method == "act_on_many":
            return MANY_SCHEMA, ["ids"]
        if method == "put":
            return form | {"version": {"type": "integer"}}, []
        return super().posted(method)


def _short(application: Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "number": application.number,
        "kind": application.kind.value,
        "state": application.state.value,
        "version": application.version,
    }


def _check_fixed(application: Application, body: Mapping[str, Any]) -> None:
    """Kind and organisation are the form's own from the first; repeating them is no change."""
    own = {"kind": application.kind.value, "organization": application.organization.code}
    problems = [
        Detail(name, "fixed", N_("This cannot be changed any more; make a new application."))
        for name in FIXED
        if name in body and body[name] != own[name]
    ]
    if problems:
        raise InvalidInput(details=problems)


def _check_lines(model: type[Application], body: Mapping[str, Any]) -> None:
    """Refuse entries that this kind's lines do not have, so that nothing is silently dropped."""
    lines = body.get("lines")
    if not isinstance(lines, list):
        return
    line_class: type[ApplicationLine] = model.line_class
    known = OF_A_LINE | set(line_class.columns)
    problems = []
    for place, line in enumerate(lines, start=1):
        if not isinstance(line, dict):
            continue
        problems += [
            Detail(
                f"lines.{place}.{name}"[:80], "unknown_field", N_("There is no such field here.")
            )
            for name in line
            if name not in known
        ]
        identity = line.get("id")
        if identity is not None and not _is_id(identity):
            problems.append(
                Detail(f"lines.{place}.id", "not_an_id", N_("A whole number is expected here."))
            )
    if problems:
        raise InvalidInput(details=problems)


def _ids(body: Mapping[str, Any]) -> list[int]:
    """Return the applications that were named, each once."""
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(_is_id(it) for it in ids):
        words = N_("A list of whole numbers is expected here.")
        raise InvalidInput(details=[Detail("ids", "not_a_list", words)])
    return list(dict.fromkeys(ids))


def _key(body: Mapping[str, Any]) -> str:
    key = idempotency_key_of(body) or ""
    if len(key) > bulk.MAX_KEY:
        words = N_("At most %(limit)s characters.")
        limit = {"limit": bulk.MAX_KEY}
        raise InvalidInput(details=[Detail("idempotency_key", "text_too_long", words, limit)])
    return key


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_ID
