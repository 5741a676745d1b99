"""What a catalogue says of a kind that only its declaration describes: all of it follows (第五条).

Who decides what is the article's: each office reviews the permissions in its charge, configures or
issues as its duty is. An office changes the rows in the console as it does any other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from app.catalog.enums import Category, Duty
from app.catalog.labels import label_of
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind, Form, Lifecycle, Transition
from app.catalog.types import (
    Catalog,
    FormColumn,
    KindEntry,
    Pledge,
    RoadAction,
    RoadStep,
    Text,
)
from app.i18n import N_, _, speaking
from app.services.applications import class_of
from app.workflow.columns import line_columns

PLEDGED = "第八条"
"""What is pledged on a form that has no words of its own: the article's."""

REVIEWS = {
    Category.TRANSACTION: Duty.REVIEW_TRANSACTION,
    Category.REGISTRATION: Duty.REVIEW_REGISTRATION,
    Category.SYSTEM: Duty.CONFIGURE_PERMISSIONS,
}
FOR_UNITS = {
    RoadAction.CONFIGURE: Duty.CONFIGURE_PERMISSIONS,
    RoadAction.CANCEL_USER: Duty.CONFIGURE_PERMISSIONS,
}
FOR_ALL = frozenset({RoadAction.DELETE_BUSINESS, RoadAction.RESTORE_LOGIN})
"""What the research centre does for units and enterprises alike (第六条（三）, （四）)."""

STEP = N_("%(office)s: %(act)s")


def with_declared_kinds(catalog: Catalog) -> Catalog:
    """Return `catalog` with entry, road and pledge of each kind that it does not describe.

    Needs an application context: the words are the translations of what is declared. A kind that
    declares nothing of the sort is left out, for `catalog check` to name.
    """
    kinds = {it.kind for it in catalog.kinds}
    roads = {it.kind for it in catalog.roads}
    pledges = {it.kind for it in catalog.pledges}
    told = [(kind, life, life.form) for kind, life in APPLICATIONS.items() if life.form is not None]
    return replace(
        catalog,
        kinds=(
            *catalog.kinds,
            *(_entry(catalog, *it) for it in told if it[0] not in kinds),
        ),
        roads=(
            *catalog.roads,
            *(step for it in told if it[0] not in roads for step in _road(catalog, *it)),
        ),
        pledges=(
            *catalog.pledges,
            *(_pledge(catalog, kind) for kind, *_rest in told if kind not in pledges),
        ),
    )


def _entry(catalog: Catalog, kind: ApplicationKind, life: Lifecycle, form: Form) -> KindEntry:
    """Return what the kind is called, under the clause by which it is handed in."""
    submit = _submit(life)
    return KindEntry(
        kind=kind,
        annex=None,
        name=_both(form.name),
        description=_both(form.description),
        applicants=form.applicants,
        identity_papers=False,
        columns=tuple(
            FormColumn(field=column.name, heading=_both(column.field.label))
            for column in line_columns(class_of(kind).line_class)
        ),
        rule=submit.rule,
        article=submit.article,
        valid_from=_begin(catalog, submit.article),
    )


def _pledge(catalog: Catalog, kind: ApplicationKind) -> Pledge:
    """Return the words of 第八条 as the kind's pledge (M8)."""
    article = next(it for it in catalog.articles if it.reference == PLEDGED)
    return Pledge(
        kind=kind, annex=None, text=article.text, article=PLEDGED, valid_from=article.valid_from
    )


def _road(
    catalog: Catalog, kind: ApplicationKind, life: Lifecycle, form: Form
) -> Iterator[RoadStep]:
    """Yield the acts of the lifecycle that are steps, one position each, in their order."""
    acts = [it for it in life.transitions if not it.automatic and it.action in set(RoadAction)]
    offices = {duty: office.short_name for office in catalog.offices for duty in office.duties}
    for position, act in enumerate(acts, start=1):
        action = RoadAction(act.action)
        for category, duty in _duties(action, form):
            yield RoadStep(
                kind=kind,
                position=position,
                action=action,
                duty=duty,
                category=category,
                name=_both(STEP, office=offices[duty], act=_both(label_of(action))),
                article=act.article,
                rule=act.rule,
                valid_from=_begin(catalog, act.article),
            )


def _duties(action: RoadAction, form: Form) -> Iterable[tuple[Category | None, Duty]]:
    """Return who does a step for whoever hands the form in, and for which permissions (第三条)."""
    if action in FOR_ALL:
        return [(None, Duty.ISSUE_MANAGEMENT_KEYS)]
    if not any(tier.is_management for tier in form.applicants):
        return [(None, Duty.ISSUE_ENTERPRISE_KEYS)]
    if action == RoadAction.APPROVE:
        return REVIEWS.items()
    return [(None, FOR_UNITS.get(action, Duty.ISSUE_MANAGEMENT_KEYS))]


def _both(msgid: str, **params: Text) -> Text:
    """Return a msgid in both languages, filled in with what is said in both."""

    def said(code: str) -> str:
        with speaking(code):
            return _(msgid, **{name: getattr(text, code) for name, text in params.items()})

    return Text(zh=said("zh"), en=said("en"))


def _submit(life: Lifecycle) -> Transition:
    found = life.find("submit")
    assert found is not None
    return found


def _begin(catalog: Catalog, cited: str) -> date:
    """Return the day from which the article holds that something rests on (M11)."""
    clauses = [it for it in catalog.articles if it.reference == cited] or catalog.articles
    return min(it.valid_from for it in clauses)
