"""A lost key can be frozen from the sign-in page: who has lost it cannot come in to say so (M8)."""

from flask import render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.clock import now, office_date
from app.errors import DomainError
from app.extensions import db
from app.i18n import _
from app.security.actor import acting
from app.services.key_losses import ARTICLE, report_at_the_door
from app.views.access import anyone
from app.views.base import Answer
from app.views.frame import language_switch
from app.views.limits import count_sign_in
from app.views.signin import MOST_LOGIN, door
from app.views.wording import article


class LostKeyView(BaseView):
    """Open to whoever knows login name and password; it lets nobody in."""

    route_base = "/lost-key"
    default_view = "report"

    @expose("/", methods=["GET", "POST"])
    @anyone
    def report(self) -> Answer:
        """Ask who has lost a key and freeze it at once."""
        if request.method == "GET":
            return _page()
        name = request.form.get("login", "")[:MOST_LOGIN]
        count_sign_in(name)
        try:
            with acting(db.session(), door()):
                key = report_at_the_door(
                    db.session(),
                    name,
                    request.form.get("password", ""),
                    comment=request.form.get("comment", ""),
                    door=door(),
                    now=now(),
                )
                serial = key.serial
        except DomainError as error:
            db.session.commit()
            return _page(name, error), int(error.status)
        return _page(name, frozen=serial)


def _page(name: str = "", error: DomainError | None = None, frozen: str = "") -> str:
    wrong = [(d.field, d.message) for d in error.details] if error else []
    errors = wrong or ([("login", str(error))] if error else [])
    return render_template(
        "lost_key.html",
        form={"url": url_for("LostKeyView.report"), "login": name},
        comment=request.form.get("comment", ""),
        errors=[{"field": field, "message": words} for field, words in errors],
        frozen=frozen,
        back_url=url_for("SignInView.login"),
        language=language_switch(),
        article_basis=article(db.session(), ARTICLE, office_date(now())),
        head={"title": _("Report a lost key")},
    )
