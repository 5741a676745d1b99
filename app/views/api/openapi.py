"""The OpenAPI document, made from what each resource declares (`/api/v1/_openapi`)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from apispec import APISpec
from apispec.exceptions import DuplicateComponentNameError
from flask import Blueprint, Response, current_app, jsonify
from flask_appbuilder import AppBuilder
from flask_appbuilder.api import BaseApi, expose
from flask_appbuilder.api.manager import OpenApi

from app.catalog.fields import Field
from app.errors import NotFound
from app.services.columns import Column
from app.views.api.door import Access, serves

VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
JSON = "application/json"
Spec = dict[str, Any]

DETAIL: Spec = {
    "type": "object",
    "required": ["field", "code", "message", "rule"],
    "properties": {
        "field": {"type": "string"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "rule": {"type": "string", "nullable": True},
    },
}
ERROR: Spec = {
    "type": "object",
    "required": ["code", "message", "rule", "article", "details"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "rule": {"type": "string", "nullable": True},
        "article": {"type": "string", "nullable": True},
        "details": {"type": "array", "items": {"$ref": "#/components/schemas/Detail"}},
    },
}
MEANINGS = {
    "400": "The request cannot be read",
    "401": "Nobody is signed in",
    "403": "The actor may not do this",
    "404": "There is no such record within reach",
    "405": "The resource knows no such act",
    "409": "The record is no longer as the caller saw it",
    "413": "More was sent than is accepted at once",
    "422": "Entries break a rule, or guards refuse; details say which",
    "429": "Too many attempts",
}
ERROR_ANSWERS: Spec = {code: {"$ref": f"#/components/responses/{code}"} for code in MEANINGS}

PARAMETERS: dict[str, Spec] = {
    "kind": {"type": "string"},
    "pk": {"type": "integer", "format": "int64", "minimum": 1},
    "action": {"type": "string", "pattern": "^[a-z_]{1,32}$"},
    "column": {"type": "string", "pattern": "^[a-z_]{1,64}$"},
    "position": {"type": "integer", "minimum": 1},
    "version": {"type": "string", "enum": ["v1"]},
}
LANGUAGE: Spec = {
    "in": "query",
    "name": "_l_",
    "description": "Language of messages and labels; else Accept-Language, else Chinese",
    "schema": {"type": "string", "enum": ["zh", "en"]},
}
FORMATS = {"datetime": "date-time", "date": "date"}


def json_answer(description: str, schema: Spec) -> Spec:
    """Describe an answer of JSON."""
    return {"description": description, "content": {JSON: {"schema": schema}}}


def json_body(properties: Spec, required: list[str] | None = None) -> Spec:
    """Describe a posted object of which nothing but these properties is read."""
    schema: Spec = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return {"required": bool(required), "content": {JSON: {"schema": schema}}}


def reference(name: str) -> Spec:
    """Point to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def rison(schema: Spec) -> Spec:
    """Describe the parameter `q`: Rison, or JSON, of this shape."""
    return {
        "in": "query",
        "name": "q",
        "description": "Rison (or JSON)",
        "content": {JSON: {"schema": schema}},
    }


def column_schema(column: Column) -> Spec:
    """Describe the values of a declared column."""
    found: Spec = {"type": "string"}
    if column.stored in {"integer", "boolean"}:
        found = {"type": column.stored}
    elif column.stored in FORMATS:
        found["format"] = FORMATS[column.stored]
    elif column.stored == "json":
        found = {}
    elif column.members is not None:
        found["enum"] = [member.value for member in column.members]
        if column.nullable:
            found["enum"].append(None)
    elif column.limit and not column.field.masked:
        found["maxLength"] = column.limit
    if column.nullable and found:
        found["nullable"] = True
    return found | _words(column.field)


def _words(declared: Field) -> Spec:
    return {"description": declared.help or declared.label} if declared.label else {}


class SpecifiedApi(BaseApi):
    """An API whose document comes from `specify`, not from docstrings.

    It is exempt from the framework's CSRF check: `door` asks for the token whoever comes by
    session. `subject_type` is the table that its acts are about, `tags` say by method what the
    audit trail calls them.
    """

    version = "v1"
    csrf_exempt = True
    subject_type: str = ""
    tags: ClassVar[Mapping[str, str]] = {}

    def tag_of(self, method: str) -> str:
        """Return what the audit trail calls the act that `method` does."""
        return self.tags.get(method, f"{self.subject_type}:{method}")

    def create_blueprint(self, appbuilder: AppBuilder, *args: Any, **kwargs: Any) -> Blueprint:
        """Let every 401 of this API say how to sign in."""
        blueprint: Blueprint = super().create_blueprint(appbuilder, *args, **kwargs)
        blueprint.after_request(_challenge)
        return blueprint

    def specify(self, method: str) -> Spec:
        """Return the OpenAPI operation of one of this class's methods."""
        raise NotImplementedError

    def schemas(self) -> dict[str, Spec]:
        """Return the schemas that the operations point to, by name."""
        return {}

    def add_apispec_components(self, api_spec: APISpec) -> None:
        """Add the schemas, and once the error body and the ways to sign in."""
        for name, schema in {"Detail": DETAIL, "Error": ERROR, **self.schemas()}.items():
            _once(api_spec.components.schema, name, schema)
        for code, meaning in MEANINGS.items():
            _once(api_spec.components.response, code, json_answer(meaning, reference("Error")))
        bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        cookie = current_app.config["SESSION_COOKIE_NAME"]
        for name, scheme in (
            ("jwt", bearer),
            ("jwt_refresh", bearer),
            ("session", {"type": "apiKey", "in": "cookie", "name": cookie}),
        ):
            _once(api_spec.components.security_scheme, name, scheme)

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        methods: Any = None,
        func: Any = None,
        **_kwargs: Any,
    ) -> None:
        """Fill in the operation of each method that the address answers to."""
        assert operations is not None
        access: Access = func.access
        for method in methods:
            operation: Spec = {
                "operationId": f"{self.resource_name or self.openapi_spec_tag}.{func.__name__}",
                "summary": (func.__doc__ or "").strip().partition("\n")[0],
                "parameters": [],
                "security": [] if access.public else [{"jwt": []}, {"session": []}],
            }
            operation |= self.specify(func.__name__)
            operation["parameters"] = [
                *(_path_parameter(name) for name in re.findall(r"{(\w+)}", path or "")),
                LANGUAGE,
                *operation["parameters"],
            ]
            operations[method.lower()] = operation


def _once(add: Any, name: str, described: Spec) -> None:
    try:
        add(name, described)
    except DuplicateComponentNameError:
        return


def _path_parameter(name: str) -> Spec:
    return {"in": "path", "name": name, "required": True, "schema": PARAMETERS[name]}


def _challenge(response: Response) -> Response:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers.setdefault("WWW-Authenticate", "Bearer")
    return response


class OpenApiDocument(SpecifiedApi, OpenApi):
    """The document itself, open to everybody: it holds no data."""

    route_base = "/api"
    resource_name = "openapi"
    class_permission_name = "openapi"
    openapi_spec_tag = "openapi"

    @expose("/<version>/_openapi")
    @serves(Access(public=True))
    def get(self, version: str) -> Response:
        """Return the OpenAPI document of every resource."""
        found = [
            api
            for api in current_app.extensions["appbuilder"].baseviews
            if isinstance(api, SpecifiedApi) and api.version == version
        ]
        if not found:
            raise NotFound
        document = self._create_api_spec(version)
        document.options["servers"] = [{"url": "/"}]
        for api in found:
            api.add_api_spec(document)
        return jsonify(document.to_dict())

    def specify(self, method: str) -> Spec:
        """Describe the document's own address."""
        return {
            "responses": {
                "200": json_answer(f"The OpenAPI document ({method})", {"type": "object"}),
                "404": ERROR_ANSWERS["404"],
            }
        }
