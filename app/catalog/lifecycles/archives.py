"""The life of an archive file: opened, shelved, lent and back, destroyed at its time (第九条)."""

from dataclasses import replace

from app.catalog.enums import ArchiveState as A
from app.catalog.lifecycles.transitions import Lifecycle, Transition
from app.catalog.permissions import Permission
from app.i18n import N_

_SHELVE = Transition(
    action="shelve",
    label=N_("Put on the shelf"),
    sources=(A.UNFILED,),
    target=A.FILED,
    permission=Permission.ARCHIVES_FILE,
    who=("actor_keeps_this_archive",),
    data="archive_place",
    effects=("shelve_file",),
    tag="archive_file:shelved",
    rule="M9",
    article="第九条",
    tone="primary",
)
_LEND = Transition(
    action="lend",
    label=N_("Lend"),
    sources=(A.FILED,),
    target=A.LENT,
    permission=Permission.ARCHIVES_LEND,
    who=("actor_keeps_this_archive",),
    data="archive_loan",
    guards=("borrower_may_borrow",),
    effects=("lend_file",),
    tag="archive_file:lent",
    rule="M9",
    article="第九条",
    tone="primary",
)

ARCHIVE = Lifecycle(
    subject="archive_file",
    initial=A.UNFILED,
    finals=frozenset({A.DESTROYED}),
    transitions=(
        _SHELVE,
        replace(
            _SHELVE,
            action="move",
            label=N_("Change its place"),
            sources=(A.FILED,),
            target=None,
            tag="archive_file:moved",
            tone="neutral",
        ),
        _LEND,
        replace(
            _LEND,
            action="consult",
            label=N_("Log a consultation"),
            target=None,
            data="archive_consultation",
            effects=("log_consultation",),
            tag="archive_file:consulted",
            tone="neutral",
        ),
        Transition(
            action="give_back",
            label=N_("Book the return"),
            sources=(A.LENT,),
            target=A.FILED,
            permission=Permission.ARCHIVES_LEND,
            who=("actor_keeps_this_archive",),
            data="archive_condition",
            effects=("take_file_back",),
            tag="archive_file:given_back",
            rule="M9",
            article="第九条",
            tone="primary",
        ),
        Transition(
            action="keep",
            label=N_("Change the retention period"),
            sources=(A.UNFILED, A.FILED, A.LENT),
            target=None,
            permission=Permission.ARCHIVES_APPRAISE,
            who=("actor_keeps_this_archive",),
            data="archive_retention",
            effects=("keep_file_for",),
            comment_required=True,
            tag="archive_file:appraised",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="destroy",
            label=N_("Destroy"),
            confirm=N_(
                "The papers are destroyed for good; number, contents and log stay on record."
            ),
            sources=(A.FILED,),
            target=A.DESTROYED,
            permission=Permission.ARCHIVES_APPRAISE,
            who=("actor_keeps_this_archive",),
            guards=("retention_has_ended",),
            comment_required=True,
            tag="archive_file:destroyed",
            rule="M9",
            article="第九条",
            tone="danger",
        ),
    ),
)
