"""A PDF as an answer: shown in the browser within this site's own frames, or saved."""

from io import BytesIO

from flask import Response, send_file

from app.views.materials import DOCUMENT_POLICY

PDF = "application/pdf"


def pdf(content: bytes, name: str, *, download: bool = False) -> Response:
    """Return `content` to be shown, or to be saved as `name`."""
    response: Response = send_file(
        BytesIO(content),
        mimetype=PDF,
        as_attachment=download,
        download_name=f"{name}.pdf",
        etag=False,
    )
    response.headers["Content-Security-Policy"] = DOCUMENT_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "private, no-store"
    return response
