"""What every answer carries so that a browser does no more with it than was meant."""

import secrets

from flask import Flask, Response, g, request

PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data: blob:; frame-src 'self'; object-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""No inline script or style; pages are framed by nobody, and frame only papers of this site."""

PERMISSIONS = (
    "geolocation=(), microphone=(), payment=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
"""Keys are asked by our own pages only."""

STATIC_SECONDS = 600
HSTS = "max-age=31536000; includeSubDomains"


def csp_nonce() -> str:
    """Return the nonce of this answer's scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def init_app(application: Flask) -> None:
    """Put the headers on every answer and give templates `csp_nonce()`."""
    secure = bool(application.config["SESSION_COOKIE_SECURE"])
    application.jinja_env.globals["csp_nonce"] = csp_nonce

    @application.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers.setdefault("Content-Security-Policy", PAGE_POLICY.format(nonce=csp_nonce()))
        if secure:
            headers.setdefault("Strict-Transport-Security", HSTS)
        if request.endpoint == "static":
            headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
        else:
            headers.setdefault("Cache-Control", "no-store")
        return response
