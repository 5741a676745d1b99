"""The reader's language: chosen by a switch on every page, Chinese where nobody chose (X7)."""

from flask import current_app, has_request_context, redirect, request, session
from flask_appbuilder import BaseView, expose
from sqlalchemy import update
from werkzeug.wrappers import Response

from app.errors import NotFound
from app.extensions import db
from app.i18n import LANGUAGES
from app.models.accounts import Account
from app.views.access import actor_or_none, anyone, local_path

CHOSEN = "language"


def choose_language() -> str | None:
    """Return the code that this request speaks, None outside a request.

    `?_l_=en` for one request, else what was chosen. Where nobody chose, pages are in the office's
    language; a REST client is answered in the language that it asks for.
    """
    if not has_request_context():
        return None
    asked = request.args.get("_l_") or session.get(CHOSEN)
    if asked in LANGUAGES:
        return str(asked)
    default = str(current_app.config["BABEL_DEFAULT_LOCALE"])
    if not request.path.startswith("/api/"):
        return default
    return request.accept_languages.best_match(LANGUAGES, default=default)


class LanguageView(BaseView):
    """The switch."""

    route_base = "/language"
    default_view = "switch"

    @expose("/<code>")
    @anyone
    def switch(self, code: str) -> Response:
        """Speak `code` from now on, and whenever this person signs in; go back to the page."""
        if code not in LANGUAGES:
            raise NotFound
        session[CHOSEN] = code
        actor = actor_or_none()
        if actor is not None:
            db.session.execute(
                update(Account).where(Account.id == actor.account_id).values(language=code),
                execution_options={"synchronize_session": False},
            )
            db.session.commit()
        return redirect(local_path(request.args.get("next")))
