"""The inbox of notices."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app.clock import now
from app.extensions import db
from app.i18n import _
from app.models.notices import Notice
from app.services import notices
from app.services.biography import subjects_within_reach
from app.views.access import current_actor, signed_in
from app.views.builder import MOST_ROWS
from app.views.cells import page_of
from app.views.wording import when


def drawn(notice: Notice) -> dict[str, Any]:
    """Return a notice as the templates draw it."""
    return {
        "id": notice.id,
        "text": notices.words(notice),
        "when": when(notice.created_at),
        "url": url_for("InboxView.open", notice_id=notice.id),
        "unread": notice.read_at is None,
        "from": "",
    }


def _before() -> int | None:
    """Return the notice that the address goes on from, None where it names none."""
    given = request.args.get("before", "")
    return min(int(given[:20]), MOST_ROWS) if given.isascii() and given.isdigit() else None


class InboxView(BaseView):
    """What one was told."""

    route_base = "/inbox"
    default_view = "list"

    @expose("/")
    @signed_in
    def list(self) -> str:
        """Show the newest notices, all or the unread."""
        unread_only = request.args.get("show") == "unread"
        before = _before()
        found = notices.inbox(db.session(), current_actor(), unread_only=unread_only, before=before)
        kept: dict[str, Any] = {"show": "unread"} if unread_only else {}
        page = url_for("InboxView.list", **kept)
        return render_template(
            "inbox.html",
            head={"title": _("Inbox")},
            notices=[drawn(notice) for notice in found.notices],
            tabs=[
                {"label": _("All"), "url": url_for("InboxView.list"), "active": not unread_only},
                {
                    "label": _("Unread"),
                    "url": url_for("InboxView.list", show="unread"),
                    "count": found.unread,
                    "more": found.unread >= notices.MOST,
                    "active": unread_only,
                },
            ],
            read_all={
                "label": _("Mark all as read"),
                "url": url_for("InboxView.read_all"),
                "method": "post",
                "icon": "check2-all",
            }
            if found.unread
            else None,
            pager={
                "newer_url": page if before else None,
                "older_url": url_for("InboxView.list", before=found.older, **kept)
                if found.older
                else None,
            },
        )

    @expose("/<int:notice_id>")
    @signed_in
    def open(self, notice_id: int) -> Response:
        """Go to what a notice is about; from now on it is read."""
        actor = current_actor()
        notice = notices.open_notice(db.session(), notice_id, actor=actor, now=now())
        page = page_of(actor, notice.subject_type, notice.subject_id)
        within = subjects_within_reach(db.session(), [notice])
        db.session.commit()
        if page and (notice.subject_type, notice.subject_id) in within:
            return redirect(page)
        flash(_("What this notice is about is no longer within your reach."), "info")
        return redirect(url_for("InboxView.list"))

    @expose("/read", methods=["POST"])
    @signed_in
    def read_all(self) -> Response:
        """Mark everything as read."""
        notices.read_all(db.session(), actor=current_actor(), now=now())
        db.session.commit()
        return redirect(url_for("InboxView.list"), HTTPStatus.SEE_OTHER)
