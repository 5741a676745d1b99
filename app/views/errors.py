"""Every refusal as a page or as JSON, by the door it came through, in words that were meant."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from app.clock import now, office_date
from app.errors import DomainError, Unauthenticated
from app.extensions import db
from app.i18n import N_, _
from app.services.acts import record_refusal
from app.views.access import here, local_path, under_api, wants_json
from app.views.limits import TooManyAttempts
from app.views.wording import article

TITLES: dict[int, str] = {
    400: N_("This request cannot be read"),
    401: N_("Please sign in"),
    403: N_("This is not open to you"),
    404: N_("There is nothing here"),
    405: N_("This is not done this way"),
    409: N_("Somebody was quicker"),
    413: N_("This is too large"),
    415: N_("This kind of data is not taken here"),
    422: N_("This cannot be done"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong on our side"),
    503: N_("Not available just now"),
}
MESSAGES: dict[int, str] = {
    400: N_("The request cannot be read."),
    404: N_("The page does not exist, or it is not yours to see."),
    405: N_("This address does not take such a request."),
    413: N_("What was sent is larger than can be taken."),
    415: N_("Data of this kind cannot be read here."),
    429: N_("Too many requests came from you. Wait a little and try again."),
    500: N_("It has been noted. Nothing that you were doing has been half-done."),
    503: N_("Try again in a little while."),
}
OTHER = N_("This cannot be done.")
CODES: dict[int, str] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
READING = frozenset({"GET", "HEAD", "OPTIONS"})
SECRET = ("password", "csrf_token")
MOST_KEPT = 2_000_000


def init_app(application: Flask) -> None:
    """Answer every error ourselves."""
    application.register_error_handler(DomainError, refused)
    application.register_error_handler(CSRFError, page_too_old)
    application.register_error_handler(HTTPException, failed)
    application.register_error_handler(SecurityError, not_our_name)


def refused(error: DomainError) -> Any:
    """Answer a refusal with its own words, code, rule and article."""
    _undo()
    _put_on_record(error)
    if wants_json():
        response = jsonify(error.as_dict())
        response.status_code = int(error.status)
        return _with_retry(response, error)
    if isinstance(error, Unauthenticated) and request.method == "GET":
        return redirect(url_for("SignInView.login", next=here()))
    shown: dict[str, Any] = {
        "code": error.code,
        "message": str(error),
        "rule": error.rule,
        "details": [d.as_dict() for d in error.details],
        "article": article(db.session(), error.article, office_date(now()))
        if error.article
        else None,
    }
    return _with_retry(_page(int(error.status), **shown), error)


def _put_on_record(error: DomainError) -> None:
    """Let the trail tell that somebody was refused at a page before its verb was reached.

    Verbs and REST record what they refuse themselves; reading changes nothing and is not told.
    """
    actor = g.get("actor")
    if request.method in READING or error.on_record or actor is None or under_api():
        return
    record_refusal(
        db.session(),
        error,
        actor=actor,
        now=now(),
        tag="page:refused",
        subject_type="page",
        subject_label=request.path.replace("\x00", ""),
    )


def _undo() -> None:
    """Let go of whatever the refused request had begun."""
    db.session.rollback()


def _with_retry(response: Response, error: DomainError) -> Response:
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def failed(error: HTTPException) -> Any:
    """Answer what the server itself refuses or failed at; its own words never reach a person."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return error
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        g.frame_plain = True
    _undo()
    message = _(MESSAGES.get(status, OTHER))
    code = CODES.get(status, "refused")
    if wants_json():
        response = jsonify(_body(code, message))
        response.status_code = status
    else:
        response = _page(status, code=code, message=message)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if (retry := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(retry)
    return response


def _body(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "rule": None, "article": None, "details": []}


def not_our_name(_error: SecurityError) -> Response:
    """Answer a request for a host that is not ours: no page can be drawn, no address built."""
    return Response(_(MESSAGES[400]), status=HTTPStatus.BAD_REQUEST, mimetype="text/plain")


def _page(status: int, *, code: str, message: str, **more: Any) -> Response:
    title = _(TITLES.get(status, OTHER))
    text = render_template(
        "error.html",
        error={"status": status, "code": code, "title": title, "message": message, **more},
        home_url=url_for("HomeView.index"),
    )
    return Response(text, status=status, mimetype="text/html")


def page_too_old(_error: CSRFError) -> Any:
    """Say that a page was open too long and offer to send again what was typed on it.

    What was typed is given back only to a page of this very site: nobody else's form is offered
    for sending.
    """
    message = _("This page was open too long, or you have signed in again since: nothing was done.")
    if wants_json():
        body = _body("page_too_old", message)
        return jsonify(body), HTTPStatus.BAD_REQUEST
    if request.endpoint == "SignInView.login":
        flash(_("Please sign in once more: the page had been open for too long."), "warning")
        return redirect(url_for("SignInView.login", next=local_path(request.form.get("next"))))
    text = render_template(
        "page_too_old.html",
        error={
            "status": int(HTTPStatus.BAD_REQUEST),
            "code": "page_too_old",
            "title": _("Please send it once more"),
            "message": message,
        },
        again=_typed() if _same_origin() else None,
        home_url=url_for("HomeView.index"),
    )
    return Response(text, status=HTTPStatus.BAD_REQUEST, mimetype="text/html")


def _same_origin() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def _typed() -> dict[str, Any] | None:
    """Return where and what to send again, None where there is nothing or far too much."""
    fields = [
        {"name": name, "value": value}
        for name, value in request.form.items(multi=True)
        if not any(word in name for word in SECRET)
    ]
    if not fields or request.files or sum(len(it["value"]) for it in fields) > MOST_KEPT:
        return None
    return {"url": request.path, "fields": fields}
