"""Lists leaving as files: streamed, or asked for as long work (X6)."""

import tempfile
from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, send_file, stream_with_context

from app.clock import now
from app.extensions import db
from app.models.jobs import JobRun
from app.security.actor import Actor
from app.services.commits import committing
from app.services.exports import AT_ONCE, CONTENT_TYPES, Export, Format, in_background
from app.services.listing import ListQuery
from app.services.resources import Resource


def take_out(
    resource: Resource, query: ListQuery, form: Format, actor: Actor, *, later: bool = False
) -> Response | JobRun:
    """Return the file as an answer; of a long XLSX, or where it is wanted `later`, the run.

    What is refused is put on record.
    """
    session = db.session()
    export = Export(
        session=session, resource=resource, query=query, format=form, actor=actor, now=now()
    )
    with committing(
        session,
        tag="list:exported",
        actor=actor,
        now=export.now,
        subject_type=resource.model.__tablename__,
        subject_label=resource.name,
    ):
        if later or (form == Format.XLSX and export.total() > AT_ONCE):
            export.check()
            return in_background(export)
        export.begin()
    return _streamed(export) if form == Format.CSV else _whole(export)


def _streamed(export: Export) -> Response:
    def sent() -> Iterator[bytes]:
        session = export.session
        try:
            yield from export.csv()
        except BaseException:  # also whoever went away in the middle took what had left by then
            session.rollback()
            export.cut_off = True
            raise
        finally:
            export.end()
            session.commit()

    answer = Response(stream_with_context(sent()), mimetype="text/csv")
    answer.headers["Content-Type"] = CONTENT_TYPES[Format.CSV]
    # A server sends headers in ASCII: other letters of a name go as RFC 8187 says.
    name = f"UTF-8''{quote(export.filename())}"
    answer.headers.set("Content-Disposition", "attachment", **{"filename*": name})
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _whole(export: Export) -> Response:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer that sends it
    export.write(file)
    export.end()
    export.session.commit()
    file.seek(0)
    answer = send_file(
        file,
        mimetype=CONTENT_TYPES[export.format],
        as_attachment=True,
        download_name=export.filename(),
        etag=False,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
