"""Archive files and the log of their retrieval over REST (M9, 第九条)."""

from typing import ClassVar

from flask import Response, jsonify
from flask_appbuilder.api import expose

from app.catalog.lifecycles import ARCHIVE
from app.clock import now
from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.services.archives import MAX_AT_ONCE, shelve_many
from app.services.resources import RESOURCES
from app.views.api.acting import ActingApi
from app.views.api.base import ACT, READ, ConsoleApi
from app.views.api.body import only, read_object
from app.views.api.door import Access, actor, asked, serves, session
from app.views.api.openapi import Spec

FILE = Access(verb="file")
PLACE: Spec = {"type": "string", "maxLength": 60}


class ArchivesApi(ActingApi):
    """Listed within reach; shelved, lent, given back by acts, or shelved many at once."""

    resource = RESOURCES["archives"]
    include_route_methods = READ | ACT | {"shelve"}
    extra: ClassVar[tuple[str, ...]] = ("application_id",)

    @expose("/shelve", methods=("POST",))
    @serves(FILE, tag="archive_file:shelved")
    def shelve(self) -> Response:
        """Put files into one box, each by itself, and say of each what became of it."""
        body = read_object()
        only(body, frozenset({"numbers", "box", "volume", "place", "retention"}))
        numbers = body.get("numbers")
        if not isinstance(numbers, list):
            raise InvalidInput(
                details=[Detail("numbers", "not_a_list", N_("A list is expected here."))]
            )
        asked().subject_label = ", ".join(map(str, numbers[:5]))[:200]
        done = shelve_many(session(), numbers, body, actor=actor(), now=now())
        return jsonify(
            {
                "result": [
                    {"number": it.number, "id": it.file_id, "message": it.problem} for it in done
                ],
                "done": sum(not it.problem for it in done),
                "refused": sum(bool(it.problem) for it in done),
            }
        )

    def act_names(self) -> set[str]:
        """Return the acts of a file's life."""
        return {transition.action for transition in ARCHIVE.transitions}

    def posted(self, method: str) -> tuple[Spec, list[str]] | None:
        """Describe what shelving many reads."""
        if method == "shelve":
            numbers: Spec = {
                "type": "array",
                "items": {"type": "string", "maxLength": 20},
                "maxItems": MAX_AT_ONCE,
            }
            return {
                "numbers": numbers,
                "box": PLACE,
                "volume": PLACE,
                "place": PLACE,
                "retention": {"type": "string"},
            }, ["numbers", "box", "place"]
        return super().posted(method)


class ArchiveLoansApi(ConsoleApi):
    """Who had which file, why, until when: read only, written by the acts on files."""

    resource = RESOURCES["archive_loans"]
