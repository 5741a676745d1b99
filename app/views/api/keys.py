"""Keys and their ledger over REST (M9, 第九条)."""

from http import HTTPStatus
from typing import ClassVar

from flask import Response, request
from flask_appbuilder.api import expose

from app.catalog.enums import OfficeCode
from app.catalog.lifecycles import KEY
from app.clock import now
from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.services.keys import receive_keys
from app.services.resources import RESOURCES
from app.views.api.acting import ActingApi
from app.views.api.base import ACT, ADD, CREATE, LIST, READ, ConsoleApi, json_of
from app.views.api.body import only, read_object, text_of
from app.views.api.door import actor, asked, serves, session
from app.views.api.openapi import ERROR_ANSWERS, Spec, json_answer
from app.views.stock_accounts import asked_account

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
    include_route_methods = READ | {"account"}

    @expose("/account", methods=("GET",))
    @serves(LIST)
    def account(self) -> Response:
        """Return the account of a stock: opening, movements, closing by state (M9)."""
        found = asked_account(request.args, actor())
        return json_of(
            {
                "office": found.office,
                "since": found.since.isoformat(),
                "until": found.until.isoformat(),
                "opening": found.opening,
                "movements": [
                    {
                        "action": flow.action,
                        "from_state": flow.source,
                        "to_state": flow.target,
                        "inward": flow.inward,
                        "outward": flow.outward,
                        "count": flow.count,
                    }
                    for flow in found.flows
                ],
                "closing": found.closing,
            }
        )

    def specify(self, method: str) -> Spec:
        """Describe the account, which is no row."""
        if method != "account":
            return super().specify(method)
        asked: list[Spec] = [
            {"in": "query", "name": name, "schema": {"type": "string", **more}}
            for name, more in (
                ("office", {"enum": list(OfficeCode)}),
                ("since", {"format": "date"}),
                ("until", {"format": "date"}),
            )
        ]
        counts: Spec = {"type": "object", "additionalProperties": {"type": "integer"}}
        day: Spec = {"type": "string", "format": "date"}
        schema: Spec = {
            "type": "object",
            "properties": {
                "office": {"type": "string"},
                "since": day,
                "until": day,
                "opening": counts,
                "movements": {"type": "array", "items": {"type": "object"}},
                "closing": counts,
            },
        }
        answers = {"200": json_answer("The account", schema), **ERROR_ANSWERS}
        return {"responses": answers, "parameters": asked}
