"""The life of a case: open until it is finished, or deleted on a written application (第六条)."""

from app.catalog.enums import CaseState as C
from app.catalog.lifecycles.transitions import Lifecycle, Transition
from app.catalog.permissions import Permission
from app.i18n import N_

CASE = Lifecycle(
    subject="cases",
    initial=C.OPEN,
    finals=frozenset({C.CLOSED, C.DELETED}),
    transitions=(
        Transition(
            action="close",
            label=N_("Finish"),
            confirm=N_("The business is finished and can no longer be changed."),
            sources=(C.OPEN,),
            target=C.CLOSED,
            permission=Permission.CASES_CLOSE,
            who=("actor_answers_for_case",),
            effects=("end_case",),
            comment_required=True,
            tag="cases:closed",
            rule="M6",
            article="第六条",
            tone="primary",
        ),
        Transition(
            action="delete",
            label=N_("Delete"),
            confirm=N_("The business is deleted; its record is kept."),
            sources=(C.OPEN,),
            target=C.DELETED,
            automatic=True,
            who=("deletion_was_applied_for",),
            effects=("keep_whole_record", "end_case"),
            tag="cases:deleted",
            rule="M6.3",
            article="第六条（三）",
            tone="danger",
        ),
    ),
)
