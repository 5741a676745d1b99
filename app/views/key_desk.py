"""The key office's desk: deliveries taken in by scanner or file, keys sent on (M9)."""

from http import HTTPStatus
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.catalog.enums import OfficeCode
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import DomainError
from app.extensions import db
from app.i18n import _, ngettext, pick
from app.services import key_returns, regulations
from app.services.commits import committing
from app.services.key_intake import Intake, Judged, judge, rows_of_file, rows_of_text, take_in
from app.services.key_transfers import ARTICLE, accept_keys, on_the_way, send_keys
from app.views.access import current_actor, requires
from app.views.acts import mendable
from app.views.base import Answer
from app.views.cells import row_url
from app.views.home_office import returns_table
from app.views.record_forms import typed_fields
from app.views.wording import article

SHOWN = 500
RECEIVING, SENDING, ACCEPTING = "key:received", "key:sent", "key:accepted"
GOOD_ONLY = "good"
ISSUING = (OfficeCode.RESEARCH, OfficeCode.SERVICE)


def intake() -> Answer:
    """Judge a delivery row by row; take it in when all is good, or the good part."""
    if request.method == "GET":
        return _intake(request.args.get("serials", "")[:2000])
    actor, moment = current_actor(), now()
    serials, comment = "", request.form.get("comment", "")
    try:
        raw = typed_fields((), "serials", "comment", "take")
        serials = str(raw.get("serials", ""))
        upload = request.files.get("file")
        if upload and upload.filename:
            rows = rows_of_file(upload.stream, upload.filename)
            found = judge(db.session(), rows, actor=actor, now=moment)
            return _intake("\n".join(it.shown for it in found.lines), found, comment=comment)
        if not raw.get("take"):
            found = judge(db.session(), rows_of_text(serials), actor=actor, now=moment)
            return _intake(serials, found, comment=comment)
        with committing(
            db.session(),
            tag=RECEIVING,
            actor=actor,
            now=moment,
            subject_type="key",
            subject_label=actor.office or "",
            comment=comment,
        ):
            found = take_in(
                db.session(),
                rows_of_text(serials),
                only_good=raw.get("take") == GOOD_ONLY,
                actor=actor,
                now=moment,
                comment=comment,
            )
            count = len(found.taken)
    except DomainError as error:
        if not mendable(error):
            raise
        return _intake(serials, error=error, comment=comment), int(error.status)
    words = ngettext("%(num)s key is in stock.", "%(num)s keys are in stock.", count)
    flash(words, "success" if count else "info")
    return redirect(row_url("keys", ""), HTTPStatus.SEE_OTHER)


class KeyDeskView(BaseView):
    """What key officers do to many keys at once."""

    route_base = "/key_desk"
    default_view = "transfer"

    @expose("/intake/check", methods=["POST"])
    @requires(Permission.KEYS_ADD)
    def check(self) -> Answer:
        """Say of what a scanner has just typed whether it can be taken in; nothing is saved."""
        rows = rows_of_text(request.form.get("serials", ""))
        found = judge(db.session(), rows, actor=current_actor(), now=now())
        return jsonify({"lines": [_scanned(line) for line in found.lines]})

    @expose("/transfer", methods=["GET", "POST"])
    @requires(Permission.KEYS_TRANSFER)
    def transfer(self) -> Answer:
        """Send keys of the own stock to the other issuing office."""
        if request.method == "GET":
            return _transfer(None)
        actor, moment = current_actor(), now()
        try:
            raw = typed_fields((), "serials", "office_code", "comment")
            comment = str(raw.get("comment", ""))
            with committing(
                db.session(),
                tag=SENDING,
                actor=actor,
                now=moment,
                subject_type="key",
                subject_label=actor.office or "",
                comment=comment,
            ):
                sent = send_keys(
                    db.session(),
                    str(raw.get("serials", "")),
                    str(raw.get("office_code", "")),
                    actor=actor,
                    now=moment,
                    comment=comment,
                )
                count = len(sent)
        except DomainError as error:
            if not mendable(error):
                raise
            return _transfer(error), int(error.status)
        flash(
            ngettext("%(num)s key is on the way.", "%(num)s keys are on the way.", count), "success"
        )
        return redirect(f"{row_url('keys', '')}?state=in_transit", HTTPStatus.SEE_OTHER)

    @expose("/accept", methods=["POST"])
    @requires(Permission.KEYS_TRANSFER)
    def accept(self) -> Answer:
        """Accept everything that is on the way to the own office."""
        actor, moment = current_actor(), now()
        with committing(db.session(), tag=ACCEPTING, actor=actor, now=moment, subject_type="key"):
            count = len(accept_keys(db.session(), actor=actor, now=moment))
        words = ngettext("%(num)s key is in stock.", "%(num)s keys are in stock.", count)
        flash(words, "success" if count else "info")
        return redirect(f"{row_url('keys', '')}?state=in_stock", HTTPStatus.SEE_OTHER)


class KeyReturnsView(BaseView):
    """Keys that cancelled people kept."""

    route_base = "/keys_not_returned"
    default_view = "list"

    @expose("/")
    @requires(Permission.KEYS_TAKE_BACK, Permission.AUDIT_EVENTS_LIST)
    def list(self) -> str:
        """Show which keys cancelled people have kept, how long, and whom to ask."""
        rows = key_returns.unreturned(db.session(), limit=SHOWN)
        head = _head(_("Keys not returned")) | {"count": len(rows), "more": len(rows) == SHOWN}
        return render_template("list.html", head=head, page=returns_table(rows, now()))


def _scanned(line: Judged) -> dict[str, str]:
    return {
        "serial": line.shown,
        "label": line.why.message if line.why else _("can be taken in"),
        "tone": "good" if line.why is None else "warn" if line.known else "bad",
    }


def _intake(
    serials: str,
    found: Intake | None = None,
    *,
    error: DomainError | None = None,
    comment: str = "",
) -> str:
    wrong = [
        {"field": "serials", "message": f"{_row(d.field)}{d.message}"}
        for d in (error.details if error else ())
    ] or ([{"field": "", "message": str(error)}] if error else [])
    return render_template(
        "key_intake.html",
        head=_head(_("Take keys into stock")),
        errors=wrong,
        form={"url": row_url("keys", "add"), "check": url_for("KeyDeskView.check")},
        serials=serials,
        comment=comment,
        found=_judged(found) if found else None,
        articles=_articles(),
    )


def _row(field: str) -> str:
    number = field.partition(".")[2]
    return _("Row %(row)s: ", row=number) if number else ""


def _judged(found: Intake) -> dict[str, Any]:
    first = [*found.faulty, *(line for line in found.lines if line.known)]
    rest = [line for line in found.lines if line.why is None]
    return {
        "good": len(found.good),
        "known": found.known,
        "faulty": len(found.faulty),
        "lines": [{"row": line.row, **_scanned(line)} for line in (*first, *rest)[:SHOWN]],
        "more": max(0, len(found.lines) - SHOWN),
    }


def _transfer(error: DomainError | None) -> str:
    actor = current_actor()
    offices = regulations.offices(db.session())
    others = [code for code in ISSUING if code != actor.office]
    problems = [d.message for d in error.details] or [str(error)] if error else []
    coming, going = on_the_way(db.session(), actor)
    fields = [
        {
            "name": "serials",
            "label": _("Serial numbers"),
            "kind": "textarea",
            "rows": 8,
            "required": True,
            "help": _("One on each line, or a range as GM-0001..GM-0050; a scanner may type them."),
            "value": request.form.get("serials", ""),
            "error": problems[0] if problems else None,
        },
        {
            "name": "office_code",
            "label": _("To"),
            "kind": "select",
            "required": True,
            "value": request.form.get("office_code", others[0] if others else ""),
            "choices": [
                {"value": code.value, "label": pick(offices[code], "short_name")} for code in others
            ],
        },
        {
            "name": "comment",
            "label": _("Reason"),
            "kind": "text",
            "required": True,
            "help": _("It is kept on record."),
            "value": request.form.get("comment", ""),
            "maxlength": 500,
        },
    ]
    return render_template(
        "key_transfer.html",
        head=_head(_("Send to another office")),
        errors=[{"field": "serials", "message": text} for text in problems],
        form={"url": url_for("KeyDeskView.transfer")},
        fields=fields,
        coming=coming,
        going=going,
        accept_url=url_for("KeyDeskView.accept"),
        lists={
            "coming": f"{row_url('keys', '')}?destination_code={actor.office or ''}",
            "going": f"{row_url('keys', '')}?state=in_transit&office_code={actor.office or ''}",
        },
        articles=_articles(),
    )


def _head(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "crumbs": [{"label": _("Keys"), "url": row_url("keys", "")}, {"label": title}],
    }


def _articles() -> list[dict[str, str]]:
    found = article(db.session(), ARTICLE, office_date(now()))
    return [found] if found else []
