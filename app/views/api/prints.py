"""Forms on paper over REST: numbered copies, and each as a PDF (A3–A7)."""

from http import HTTPStatus

from flask import Response
from flask_appbuilder.api import expose

from app.clock import now
from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.models.prints import PrintCopy
from app.services import printing, sheets
from app.services.listing import load
from app.services.resources import RESOURCES
from app.views.api.base import ADD, CREATE, READ, ConsoleApi, json_of
from app.views.api.body import only, read_object
from app.views.api.door import actor, asked, serves, session
from app.views.api.openapi import Spec
from app.views.documents import PDF, pdf


class PrintCopiesApi(ConsoleApi):
    """The log of copies; posting prints one more, `content` is the PDF."""

    resource = RESOURCES["print_copies"]
    include_route_methods = READ | CREATE | {"content"}

    @expose("/", methods=("POST",))
    @serves(ADD, tag="application:printed")
    def post(self) -> Response:
        """Number one more copy of the form `application_id`."""
        body = read_object()
        only(body, frozenset({"application_id"}))
        identity = body.get("application_id")
        if isinstance(identity, bool) or not isinstance(identity, int):
            words = N_("This must be filled in.")
            raise InvalidInput(details=[Detail("application_id", "required", words)])
        found = load(session(), RESOURCES["applications"], identity)
        asked().concerns(found)
        application = sheets.load_sheet(session(), found.id, actor())
        made = printing.make_copy(session(), application, actor=actor(), now=now())
        session().commit()
        return json_of({"id": made.id, "result": self.show(made.id)}, HTTPStatus.CREATED)

    @expose("/<pk>/content", methods=("GET",))
    @serves(ADD)
    def content(self, pk: str) -> Response:
        """Return a copy as a PDF; 409 once it is void."""
        copy: PrintCopy = load(session(), self.resource, pk)
        application = sheets.load_sheet(session(), copy.application_id, actor())
        made = printing.print_form(session(), application, copy, actor=actor(), now=now())
        name = f"{application.number}-{copy.copy_number}"
        session().commit()
        return pdf(made, name, download=True)

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what printing reads."""
        if method == "post":
            return {"application_id": {"type": "integer"}}, ["application_id"]
        return super().posted(method)

    def specify(self, method: str) -> Spec:
        """Describe the PDF, which is no JSON."""
        found = super().specify(method)
        if method == "content":
            binary: Spec = {"schema": {"type": "string", "format": "binary"}}
            found["responses"]["200"] = {"description": "The copy", "content": {PDF: binary}}
        return found
