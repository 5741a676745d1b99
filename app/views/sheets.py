"""Sheets for both signatures, from a key's page and a form's; archive covers (M9, 第九条)."""

from collections.abc import Iterable
from typing import Any

from flask import Response, url_for
from flask_appbuilder import BaseView, expose

from app.catalog.permissions import Permission
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.i18n import _
from app.models.applications import Application
from app.services import key_sheets, sheets
from app.services.archive_covers import print_cover
from app.services.listing import load
from app.services.resources import RESOURCES
from app.views.access import current_actor, requires
from app.views.documents import pdf
from app.views.story import SHEETS


class SheetView(BaseView):
    """Keys given, keys taken back; the covers of archive files."""

    route_base = ""
    default_view = "of_key"

    @expose("/keys/<int:key_id>/sheets/<kind>")
    @requires(Permission.KEYS_ISSUE)
    def of_key(self, key_id: int, kind: str) -> Response:
        """Show the sheet of one key, to be signed by both."""
        session, actor = db.session(), current_actor()
        key = load(session, RESOURCES["keys"], key_id)
        made = key_sheets.sheet_of_key(session, key, _known(kind), actor=actor, now=now())
        name = f"{_(SHEETS[kind])} {key.serial}"
        session.commit()
        return pdf(made, name)

    @expose("/applications/<int:application_id>/sheets/<kind>")
    @requires(Permission.KEYS_LIST)
    def of_form(self, application_id: int, kind: str) -> Response:
        """Show the sheet of every key that changed hands by a form."""
        session, actor = db.session(), current_actor()
        form = sheets.load_sheet(session, application_id, actor)
        made = key_sheets.sheet_of_form(session, form, _known(kind), actor=actor, now=now())
        name = f"{_(SHEETS[kind])} {form.number}"
        session.commit()
        return pdf(made, name)

    @expose("/archives/<int:file_id>/cover")
    @requires(Permission.ARCHIVES_LIST)
    def cover(self, file_id: int) -> Response:
        """Show the cover of an archive file, for its box."""
        session, actor = db.session(), current_actor()
        file = load(session, RESOURCES["archives"], file_id)
        made = print_cover(session, file, actor=actor, now=now())
        name = f"{_('Archive cover')} {file.number}"
        session.commit()
        return pdf(made, name)


def cover_button(file_id: int) -> dict[str, Any]:
    """Return the way to the cover of an archive file."""
    url = url_for("SheetView.cover", file_id=file_id)
    return {"label": _("Print the cover"), "url": url, "icon": "printer", "new_tab": True}


def key_buttons(key_id: int, actions: Iterable[str]) -> list[dict[str, Any]]:
    """Return the way to the sheets of a key that was moved in these ways."""
    return [
        _button(kind, url_for("SheetView.of_key", key_id=key_id, kind=kind))
        for kind in key_sheets.kinds_among(actions)
    ]


def form_buttons(application: Application) -> list[dict[str, Any]]:
    """Return the way to the sheets of the keys that changed hands by a form."""
    if not any(line.key_id for line in application.lines):
        return []
    return [
        _button(kind, url_for("SheetView.of_form", application_id=application.id, kind=kind))
        for kind in key_sheets.kinds_of_form(db.session(), application)
    ]


def _button(kind: str, url: str) -> dict[str, Any]:
    return {"label": _(SHEETS[kind]), "url": url, "icon": "file-earmark-text", "new_tab": True}


def _known(kind: str) -> str:
    if kind not in SHEETS:
        raise NotFound
    return kind
