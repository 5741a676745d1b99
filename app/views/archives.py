"""Archives of application papers: files, their shelving, boxes, the retrieval log (M9, 第九条)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask_appbuilder import expose
from sqlalchemy import select

from app.catalog.archives import LONGEST_LOAN_DAYS
from app.catalog.enums import OfficeCode, RetentionPeriod
from app.catalog.lifecycles import ARCHIVE, Transition
from app.catalog.permissions import Permission
from app.clock import now, office_date
from app.errors import DomainError
from app.i18n import N_, _, pick
from app.models.applications import Application
from app.models.archives import ArchiveFile
from app.security.actor import Actor
from app.services import regulations
from app.services.archives import MAX_AT_ONCE, Shelved, boxes, loans_of, shelve_many
from app.services.conditions import Filter
from app.services.listing import ListQuery, Row, find_row, list_page
from app.services.resources import RESOURCES
from app.views.access import current_actor, requires
from app.views.acts import Drawn, mendable
from app.views.base import Answer, ConsoleView
from app.views.cells import may_open, row_url
from app.views.record_forms import errors_of
from app.views.sheets import cover_button
from app.views.tables import small_table
from app.views.wording import article, label

ARTICLE = "第九条"
SHOWN = 20
BOXES = 60

_BOX = {"name": "box", "label": N_("Box"), "kind": "text", "required": True, "maxlength": 20}
_VOLUME = {"name": "volume", "label": N_("Volume"), "kind": "text", "maxlength": 20}
_PLACE = {
    "name": "place",
    "label": N_("Place"),
    "kind": "text",
    "required": True,
    "maxlength": 60,
    "help": N_("Room, rack and shelf."),
}
_PAGES = {"name": "pages", "label": N_("Number of pages"), "kind": "number"}
_RETENTION = {"name": "retention", "label": N_("Retention period"), "kind": "select"}
_BORROWER = {
    "name": "borrower_id",
    "label": N_("Borrower"),
    "kind": "picker",
    "required": True,
    "help": N_("Somebody in service at a management unit."),
}
_PURPOSE = {
    "name": "purpose",
    "label": N_("Purpose"),
    "kind": "text",
    "required": True,
    "maxlength": 200,
}
_DUE = {"name": "due_on", "label": N_("Due on"), "kind": "date", "required": True}
_CONDITION = {
    "name": "condition",
    "label": N_("Condition"),
    "kind": "text",
    "maxlength": 200,
    "help": N_("Whole, damaged, pages missing."),
}


SELDOM = frozenset({"move", "keep", "destroy"})
"""Acts that are folded away on the page of a file."""


class ArchiveView(ConsoleView):
    """Each issuing office the papers that it keeps."""

    resource = RESOURCES["archives"]
    lifecycle = ARCHIVE
    questions: ClassVar[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
        "shelve": (_BOX, _VOLUME, _PLACE, _PAGES, _RETENTION),
        "move": (_BOX, _VOLUME, _PLACE, _PAGES, _RETENTION),
        "lend": (_BORROWER, _PURPOSE, _DUE),
        "consult": (_BORROWER, _PURPOSE),
        "give_back": (_CONDITION,),
        "keep": ({**_RETENTION, "required": True},),
    }

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Add the retrieval log and the way to the application."""
        shown = super().record(row, record, actor)
        file: ArchiveFile = record
        loans = RESOURCES["archive_loans"]
        query = ListQuery(
            filters=(Filter(column="file_id", value=row.id),),
            columns=("borrower_id", "purpose", "lent_at", "due_on", "returned_at", "condition"),
            size=SHOWN,
            counted=False,
        )
        page = list_page(self.session, loans, query)
        table = small_table(loans, page, actor)
        table["empty"] = {"title": _("Nobody has asked for this file yet"), "icon": "inbox"}
        more = len(page.rows) == SHOWN and len(loans_of(self.session, file)) > SHOWN
        shown["tables"] = [
            {
                "title": _("Retrieval log"),
                "page": table,
                "more_url": f"{row_url('archive_loans', '')}?file_id={row.id}" if more else None,
            }
        ]
        found = select(Application.id).where(Application.id == file.application_id)
        if may_open(actor, "applications") and self.session.scalar(found) is not None:
            for fact in shown["groups"][0]["facts"]:
                if fact.get("value") == file.application_number:
                    fact["url"] = row_url("applications", file.application_id)
        head = shown["head"]
        seldom = [it for it in head["actions"] if it["url"].rpartition("/")[2] in SELDOM]
        head["actions"] = [it for it in head["actions"] if it not in seldom]
        head["actions"].append(cover_button(file.id))
        head["seldom"] = seldom
        basis = article(self.session, ARTICLE, office_date(now()))
        return shown | {"articles": [basis] if basis else []}

    def asks(self, action: str) -> Drawn:
        """Fill in what stands, what may be chosen and until when."""
        return [self._field(action, field) for field in super().asks(action)]

    def _field(self, action: str, field: Mapping[str, Any]) -> dict[str, Any]:
        words = field.get("help", "")
        drawn = {**field, "help": _(words) if words else ""}
        today = office_date(now())
        match field["name"]:
            case "retention":
                drawn["placeholder"] = "" if field.get("required") else _("As it is")
                drawn["choices"] = [{"value": p.value, "label": label(p)} for p in RetentionPeriod]
            case "borrower_id":
                drawn["picker_url"] = row_url("pick", "accounts")
                drawn["selected"] = self._chosen(request.form.get("borrower_id", ""))
            case "due_on":
                latest = today + timedelta(days=LONGEST_LOAN_DAYS)
                drawn |= {"min": today.isoformat(), "max": latest.isoformat()}
        pk = (request.view_args or {}).get("pk")
        if pk is not None and action in {"shelve", "move", "keep"}:
            stands = self.session.get(ArchiveFile, self.resource.identity(pk))
            value = getattr(stands, str(field["name"]), None)
            drawn["value"] = "" if value is None else str(value)
        return drawn

    def _chosen(self, raw: str) -> dict[str, str] | None:
        """Return who had been chosen when a form comes back with something to mend."""
        if not raw:
            return None
        accounts = RESOURCES["accounts"]
        try:
            found = find_row(self.session, accounts, raw, columns=(accounts.title[0],)).label
        except DomainError:
            found = raw
        return {"value": raw, "label": found}

    # --- Many at once

    def bulk_transitions(self, actor: Actor) -> Sequence[Transition]:
        """Offer to shelve or move many: what that needs is asked on a page of its own."""
        if not actor.may(Permission.ARCHIVES_FILE):
            return ()
        return [t for t in ARCHIVE.transitions if t.action in {"shelve", "move"}]

    @expose("/bulk", methods=["POST"])
    def bulk(self) -> Answer:
        """Go on to the page that asks for box and place of the ticked files."""
        ids = [self.resource.identity(raw) for raw in request.form.getlist("ids")[:MAX_AT_ONCE]]
        chosen = select(ArchiveFile.number).where(ArchiveFile.id.in_(ids)).order_by(ArchiveFile.id)
        numbers = " ".join(self.session.scalars(chosen))
        url = f"{row_url('archives', 'shelve')}?{urlencode({'numbers': numbers})}"
        return redirect(url, HTTPStatus.SEE_OTHER)

    @expose("/shelve", methods=["GET", "POST"])
    @requires(Permission.ARCHIVES_FILE)
    def shelve(self) -> Answer:
        """Put many files into one box; say of each what became of it."""
        if request.method == "GET":
            return self._shelving(None)
        try:
            done = shelve_many(
                self.session,
                request.form.get("numbers", "").split(),
                request.form,
                actor=current_actor(),
                now=now(),
            )
        except DomainError as error:
            if not mendable(error):
                raise
            return self._shelving(error), int(error.status)
        return self._shelving(None, done)

    def _shelving(self, error: DomainError | None, done: Sequence[Shelved] = ()) -> str:
        given = request.form if request.method == "POST" else request.args
        wrong = {d.field.removeprefix("data."): d.message for d in error.details} if error else {}
        numbers = {
            "name": "numbers",
            "label": _("File numbers"),
            "kind": "textarea",
            "rows": 6,
            "required": True,
            "help": _("One on each line, or apart by spaces."),
        }
        first = {**_VOLUME, "label": _("First volume"), "kind": "number"}
        fields = [numbers, *(self._asked(field) for field in (_BOX, _PLACE))]
        fields += [first | {"help": _("The others follow it in order.")}, self._asked(_RETENTION)]
        left = [it.number for it in done if it.problem]
        for field in fields:
            name = str(field["name"])
            value = " ".join(left) if done and name == "numbers" else given.get(name, "")
            field |= {"value": value, "error": wrong.get(name)}
        title = _("Put files into a box")
        return render_template(
            "archives/shelve.html",
            head={
                "title": title,
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("archives", "")},
                    {"label": title},
                ],
            },
            errors=errors_of(error, fields),
            results=[
                {
                    "label": it.number,
                    "url": row_url("archives", it.file_id) if it.file_id else None,
                    "ok": not it.problem,
                    "message": it.problem or _("Done, and on record."),
                }
                for it in done
            ],
            groups=[{"title": title, "fields": fields}],
            form={
                "url": row_url("archives", "shelve"),
                "submit_label": _("Put on the shelf"),
                "cancel_url": row_url("archives", ""),
            },
            article_basis=article(self.session, ARTICLE, office_date(now())),
        )

    def _asked(self, field: Mapping[str, Any]) -> dict[str, Any]:
        return self._field("", {**field, "label": _(str(field["label"]))})

    # --- Boxes and what is over

    def list_actions(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to the boxes and to what is due for review."""
        over = office_date(now()) - timedelta(days=1)
        query = urlencode({"state": "filed", "retained_until__until": over.isoformat()})
        found: list[Mapping[str, Any]] = [
            {
                "label": _("Due for appraisal"),
                "url": f"{row_url('archives', '')}?{query}",
                "icon": "hourglass-bottom",
            },
            {"label": _("Box labels"), "url": row_url("archives", "boxes"), "icon": "box-seam"},
        ]
        if actor.may(Permission.ARCHIVES_FILE):
            found.append(
                {
                    "label": _("Put files into a box"),
                    "url": row_url("archives", "shelve"),
                    "icon": "archive",
                    "primary": True,
                }
            )
        return found

    @expose("/boxes")
    @requires(Permission.ARCHIVES_LIST)
    def boxes(self) -> str:
        """Show a label for each box, to be printed and stuck on."""
        after = request.args.get("after", "")[:20].replace("\x00", "")
        found = boxes(self.session, after=after, limit=BOXES + 1)
        offices = regulations.offices(self.session)
        here = row_url("archives", "boxes")
        shown = found[:BOXES]
        further = len(found) > BOXES
        return render_template(
            "archives/boxes.html",
            head={
                "title": _("Box labels"),
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("archives", "")},
                    {"label": _("Box labels")},
                ],
            },
            boxes=[
                {
                    "box": it.box,
                    "office": pick(offices[OfficeCode(it.office_code)], "name"),
                    "place": it.place,
                    "files": it.files,
                    "pages": it.pages,
                    "first": it.first,
                    "last": it.last,
                    "kept_until": it.kept_until.isoformat() if it.kept_until else None,
                    "url": f"{row_url('archives', '')}?{urlencode({'box': it.box})}",
                }
                for it in shown
            ],
            older_url=f"{here}?{urlencode({'after': shown[-1].box})}" if further else None,
            first_url=here if after else None,
        )


class ArchiveLoanView(ConsoleView):
    """Who had which file, why and until when: nothing in it is ever changed by hand."""

    resource = RESOURCES["archive_loans"]
    has_records = False

    def list_actions(self, _actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Lead to what is out beyond its day."""
        over = office_date(now()) - timedelta(days=1)
        query = urlencode({"returned_at__null": "1", "due_on__until": over.isoformat()})
        url = f"{row_url('archive_loans', '')}?{query}"
        return [{"label": _("Overdue"), "url": url, "icon": "alarm"}]
