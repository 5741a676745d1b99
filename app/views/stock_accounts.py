"""The account of a stock: opening, what came and went, closing, each with its movements (M9)."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.catalog.enums import KeyState, OfficeCode
from app.catalog.lifecycles import KEY
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import Detail, DomainError, InvalidInput
from app.extensions import db
from app.i18n import N_, _, pick
from app.security.actor import Actor
from app.security.audit import record
from app.services import regulations
from app.services.spreadsheets import write_rows
from app.services.stock_accounts import (
    ARTICLE,
    RULE,
    Flow,
    StockAccount,
    account_of,
    counts_agree,
    table_of,
)
from app.views.access import current_actor, requires
from app.views.acts import mendable
from app.views.base import Answer
from app.views.cells import row_url
from app.views.wording import article, label

ISSUING = (OfficeCode.RESEARCH, OfficeCode.SERVICE)
MIN_YEAR, MAX_YEAR = 1990, 2200
BOM = "\ufeff"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class StockAccountView(BaseView):
    """The account of one office's stock for any period."""

    route_base = "/stock_accounts"
    default_view = "show"

    @expose("/")
    @requires(Permission.KEY_MOVEMENTS_LIST)
    def show(self) -> Answer:
        """Show the account, of this month unless asked otherwise."""
        actor = current_actor()
        try:
            account = asked_account(request.args, actor)
        except DomainError as error:
            if not mendable(error):
                raise
            return _page(None, actor, error), int(error.status)
        return _page(account, actor, None)

    @expose("/export.<any(csv, xlsx):kind>")
    @requires(Permission.KEY_MOVEMENTS_LIST)
    def export(self, kind: str) -> Response:
        """Give the account as a file; that it was given goes on record."""
        actor = current_actor()
        account = asked_account(request.args, actor)
        headings = [_("Movement"), *(label(state) for state in KeyState)]
        rows = list(table_of(account, _words(account)))
        body, mimetype = _file(kind, headings, rows)
        period = f"{account.since}..{account.until}"
        record(
            db.session(),
            tag="stock_account:exported",
            subject_type="office",
            subject_label=account.office.value,
            actor=actor,
            now=now(),
            new={"period": period, "format": kind, "rows": len(rows)},
            rule=RULE,
            article=ARTICLE,
        )
        db.session.commit()
        name = f"stock-{account.office.lower()}-{account.since}-{account.until}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(body, mimetype=mimetype, headers=headers)


def asked_account(given: Mapping[str, str], actor: Actor) -> StockAccount:
    """Return the account that an address asks for."""
    today = office_date(now())
    office = given.get("office", "").strip()
    if office and office not in {code.value for code in ISSUING}:
        words, params = N_("Choose one of: %(choices)s."), {"choices": ", ".join(ISSUING)}
        raise InvalidInput(details=[Detail("office", "unknown_choice", words, params, RULE)])
    return account_of(
        db.session(),
        OfficeCode(office) if office else None,
        _day(given, "since", today.replace(day=1)),
        _day(given, "until", today),
        actor=actor,
    )


def _day(given: Mapping[str, str], name: str, otherwise: date) -> date:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not MIN_YEAR <= day.year <= MAX_YEAR:
        words = N_("Enter a date as 2026-11-21.")
        raise InvalidInput(details=[Detail(name, "not_a_date", words, rule=RULE)]) from None
    return day


def _file(kind: str, headings: list[str], rows: list[tuple[Any, ...]]) -> tuple[bytes, str]:
    if kind == "xlsx":
        target = io.BytesIO()
        write_rows(target, _("Stock balance"), headings, iter(rows), count=len(rows))
        return target.getvalue(), XLSX
    lines = [",".join(f'"{cell}"' for cell in row) for row in (headings, *rows)]
    return (BOM + "\r\n".join(lines) + "\r\n").encode(), "text/csv"


def flow_word(flow: Flow) -> str:
    """Return what a flow is called in the account."""
    if flow.inward:
        return _("Accepted from the other office")
    if flow.outward:
        return _("Accepted by the other office")
    if flow.action == "receive":
        return _("Key received")
    act = KEY.find(flow.action)
    return _(act.label) if act else flow.action


def _words(account: StockAccount) -> list[str]:
    flows = (
        _("%(movement)s, from: %(state)s", movement=flow_word(flow), state=label(flow.source))
        if flow.source
        else flow_word(flow)
        for flow in account.flows
    )
    return [_("Opening balance"), *flows, _("Closing balance")]


def _page(account: StockAccount | None, actor: Actor, error: DomainError | None) -> str:
    today = office_date(now())
    wrong = {detail.field: detail.message for detail in error.details} if error else {}
    chosen = account.office if account else request.args.get("office", actor.office or "")
    fields: list[dict[str, Any]] = [
        {
            "name": name,
            "label": words,
            "kind": "date",
            "required": True,
            "value": request.args.get(name) or otherwise.isoformat(),
            "error": wrong.get(name),
        }
        for name, words, otherwise in (
            ("since", _("From"), today.replace(day=1)),
            ("until", _("Until"), today),
        )
    ]
    if actor.may(Permission.AUDIT_EVENTS_LIST):
        offices = regulations.offices(db.session())
        choices = [{"value": code, "label": pick(offices[code], "short_name")} for code in ISSUING]
        fields.insert(
            0,
            {
                "name": "office",
                "label": _("Office"),
                "kind": "select",
                "required": True,
                "value": chosen,
                "choices": choices,
                "error": wrong.get("office"),
            },
        )
    head = {
        "title": _("Stock balance"),
        "crumbs": [
            {"label": _("Keys"), "url": row_url("keys", "")},
            {"label": _("Stock balance")},
        ],
        "actions": _actions(account) if account else [],
    }
    return render_template(
        "stock_account.html",
        head=head,
        errors=[{"field": field, "message": words} for field, words in wrong.items()],
        form={"url": url_for("StockAccountView.show"), "fields": fields},
        account=_drawn(account, today) if account else None,
        articles=[it for it in [article(db.session(), ARTICLE, today)] if it],
    )


def _actions(account: StockAccount) -> list[dict[str, Any]]:
    asked: dict[str, Any] = {
        "office": account.office.value,
        "since": account.since,
        "until": account.until,
    }
    return [
        {
            "label": words,
            "url": url_for("StockAccountView.export", kind=kind, **asked),
            "icon": "download",
            "download": True,
        }
        for kind, words in (("xlsx", "Excel"), ("csv", "CSV"))
    ]


def _drawn(account: StockAccount, today: date) -> dict[str, Any]:
    flows = [(flow, account.moved(flow)) for flow in account.flows]
    terms = [
        {
            "label": flow_word(flow),
            "value": abs(moved),
            "sign": "+" if moved > 0 else "−",
            "url": _ledger(account, flow),
        }
        for flow, moved in _by_word(flows)
        if moved
    ]
    states = [s for s in KeyState if account.opening[s] or account.closing[s] or _used(account, s)]
    offices = regulations.offices(db.session())
    return {
        "office": pick(offices[account.office], "short_name"),
        "opening": account.in_safe(account.opening),
        "terms": terms,
        "closing": account.in_safe(account.closing),
        "states": [label(state) for state in states],
        "rows": [
            {
                "label": word,
                "count": flow.count if flow else None,
                "url": _ledger(account, flow) if flow else None,
                "sum": flow is None,
                "cells": [counts(state) for state in states],
            }
            for word, flow, counts in (
                (_("Opening balance"), None, account.opening.__getitem__),
                *(
                    (word, flow, flow.change)
                    for word, flow in zip(_words(account)[1:-1], account.flows, strict=True)
                ),
                (_("Closing balance"), None, account.closing.__getitem__),
            )
        ],
        "agrees": counts_agree(db.session(), account, today=today),
    }


def _used(account: StockAccount, state: KeyState) -> bool:
    return any(flow.change(state) for flow in account.flows)


def _by_word(flows: list[tuple[Flow, int]]) -> list[tuple[Flow, int]]:
    """Put flows together that are called the same, and those first that bring keys."""
    sums: dict[str, tuple[Flow, int]] = {}
    for flow, moved in flows:
        known = sums.get(flow_word(flow), (flow, 0))
        sums[flow_word(flow)] = (known[0], known[1] + moved)
    return sorted(sums.values(), key=lambda it: it[1] < 0)


def _ledger(account: StockAccount, flow: Flow) -> str:
    """Return the movements behind a figure."""
    end = "counterpart_code" if flow.outward else "office_code"
    asked = {
        "action": flow.action,
        end: account.office.value,
        "at__between": f"{account.since}..{account.until}",
    }
    return f"{row_url('key_movements', '')}?{urlencode(asked)}"
