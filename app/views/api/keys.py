"""Keys and their ledger over REST (M9, 第九条)."""

from http import HTTPStatus
from typing import ClassVar

from flask import Response
from flask_appbuilder.api import expose

from app.catalog.enums import OfficeCode
from app.catalog.lifecycles import KEY
from app.clock import now
from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.services.keys import receive_keys
from app.services.resources import RESOURCES
from app.views.api.acting import ActingApi
from app.views.api.base import ACT, ADD, CREATE, READ, ConsoleApi, json_of
from app.views.api.body import only, read_object, text_of
from app.views.api.door import actor, asked, serves, session
from app.views.api.openapi import Spec

SERIAL: Spec = {"type": "string", "maxLength": 32}


class KeysApi(ActingApi):
    """Listed within reach, taken into stock; issued, taken back, lost, destroyed by acts."""

    resource = RESOURCES["keys"]
    include_route_methods = READ | CREATE | ACT

    @expose("/", methods=("POST",))
    @serves(ADD, tag="key:received")
    def post(self) -> Response:
        """Take one key (`serial`) or many (`serials`) into the office's stock, all or none."""
        body = read_object()
        only(body, frozenset({"serial", "serials", "office_code", "comment"}))
        asked().comment = text_of(body, "comment")
        serials = body.get("serials", [body["serial"]] if "serial" in body else [])
        if not isinstance(serials, list):
            raise InvalidInput(
                details=[Detail("serials", "not_a_list", N_("A list is expected here."))]
            )
        asked().subject_label = ", ".join(map(str, serials[:5]))[:200]
        office = text_of(body, "office_code")
        if office and office not in OfficeCode.__members__:
            raise InvalidInput(
                details=[
                    Detail(
                        "office_code",
                        "unknown_choice",
                        N_("Choose one of: %(choices)s."),
                        {"choices": ", ".join(OfficeCode)},
                        "M3",
                    )
                ]
            )
        keys = receive_keys(
            session(),
            serials,
            actor=actor(),
            now=now(),
            office=OfficeCode(office) if office else None,
            comment=asked().comment,
        )
        session().commit()
        result = self.show(keys[0].id)
        return json_of(
            {"id": keys[0].id, "ids": [key.id for key in keys], "result": result},
            HTTPStatus.CREATED,
        )

    def act_names(self) -> set[str]:
        """Return the acts of a key's life."""
        return {transition.action for transition in KEY.transitions}

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what taking keys into stock reads."""
        if method == "post":
            return {
                "serial": SERIAL,
                "serials": {"type": "array", "items": SERIAL, "maxItems": 2000},
                "office_code": {"type": "string", "enum": list(OfficeCode)},
                "comment": {"type": "string"},
            }, []
        return super().posted(method)


class KeyMovementsApi(ConsoleApi):
    """Who moved which key, when, why: read only, it only grows."""

    resource = RESOURCES["key_movements"]
    extra: ClassVar[tuple[str, ...]] = ("from_state",)
