"""When an act can be done: each guard yields every reason why not."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import select

from app.catalog.enums import (
    AccountState,
    ApplicationState,
    Category,
    Duty,
    KeyState,
    LineVerdict,
    OfficeCode,
)
from app.catalog.labels import label_of
from app.catalog.lifecycles import APPLICATIONS
from app.catalog.types import RoadAction
from app.clock import office_date
from app.errors import Detail, Word
from app.i18n import N_, pick
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.keys import Key
from app.models.materials import PaperCheck
from app.models.regulations import PaperRequirement
from app.workflow.act import CONDITIONS, GUARDS, Act
from app.workflow.ahead import read_ahead
from app.workflow.form import check_form, check_items
from app.workflow.regulation import papers_on, road_on
from app.workflow.review import open_work

OPEN_STATES = [state for state in ApplicationState if not state.is_closed]
ISSUES_FROM = {
    Duty.ISSUE_MANAGEMENT_KEYS: OfficeCode.RESEARCH,
    Duty.ISSUE_ENTERPRISE_KEYS: OfficeCode.SERVICE,
}


@GUARDS.register
def form_is_complete(act: Act) -> Iterator[Detail]:
    """Every field of header and lines keeps its rule (M5)."""
    yield from check_form(act.subject, today=office_date(act.now))


@GUARDS.register
def items_fit_the_unit(act: Act) -> Iterator[Detail]:
    """M4a, M4b: items of the unit's own tier only; an enterprise chooses none."""
    yield from check_items(act.subject, today=office_date(act.now))


@GUARDS.register
def road_is_whole(act: Act) -> Iterator[Detail]:
    """M11: nothing is handed in for which no office is responsible today; it would lie for ever."""
    application: Application = act.subject
    steps = road_on(act.session, application.kind, office_date(act.now))
    asked = application.categories()
    taken = [step for step in steps if step.category is None or step.category in asked]
    acts = {t.action for t in APPLICATIONS[application.kind].transitions if not t.automatic}
    missing = (acts & set(RoadAction)) - {step.action for step in taken}
    reviewed = {step.category for step in taken if step.action == RoadAction.APPROVE}
    if None not in reviewed:
        missing |= asked - reviewed
    for what in sorted(missing):
        word = RoadAction(what) if what in set(RoadAction) else Category(what)
        yield Detail(
            "kind",
            "no_office_responsible",
            N_("No office is responsible for this step or permission: %(step)s."),
            {"step": Word(label_of(word))},
            "M11",
        )


@GUARDS.register
def persons_are_free(act: Act) -> Iterator[Detail]:
    """M5: one person, one account per organisation; one open request at a time (no duplicates)."""
    application: Application = act.subject
    lines = [
        line
        for line in application.passed_lines()
        if line.account_id is None and line.person_digest is not None
    ]
    rulings = act.data if isinstance(act.data, dict) else {}
    lines = [line for line in lines if not _refused_now(rulings.get(line.position))]
    by_digest: dict[str, ApplicationLine] = {}
    for line in lines:
        digest = str(line.person_digest)
        if digest in by_digest:
            yield Detail(
                f"lines.{line.position}.citizen_id",
                "same_person_twice",
                N_("The same person stands on line %(line)s already."),
                {"line": by_digest[digest].position},
                "M5",
            )
        by_digest.setdefault(digest, line)
    for digest, login_name in _held(act, by_digest):
        yield Detail(
            f"lines.{by_digest[digest].position}.citizen_id",
            "already_has_account",
            N_("This person has the account %(login_name)s in this organization already."),
            {"login_name": login_name},
            "M5",
        )
    if application.state in {ApplicationState.DRAFT, ApplicationState.RETURNED}:
        yield from _asked_elsewhere(act, by_digest)


def _held(act: Act, digests: Collection[str]) -> Iterable[tuple[str, str]]:
    """Return the persons among `digests` who have an account in the organisation, and its name."""
    application: Application = act.subject
    if (ahead := read_ahead(act.session)) is not None:
        known = ahead.held.get(application.organization_id, {})
        return [(digest, known[digest]) for digest in digests if digest in known]
    rows = act.session.execute(
        select(Account.citizen_id_digest, Account.login_name).where(
            Account.organization_id == application.organization_id,
            Account.citizen_id_digest.in_(list(digests)),
            Account.state != AccountState.CANCELLED,
        )
    )
    return [(digest, login_name) for digest, login_name in rows]


def _refused_now(ruling: object) -> bool:
    return getattr(ruling, "verdict", None) == LineVerdict.REFUSED


def _asked_elsewhere(act: Act, by_digest: dict[str, ApplicationLine]) -> Iterator[Detail]:
    application: Application = act.subject
    rows = act.session.execute(
        select(ApplicationLine.person_digest, Application.number)
        .join(Application, Application.id == ApplicationLine.application_id)
        .where(
            ApplicationLine.person_digest.in_(list(by_digest)),
            ApplicationLine.verdict != LineVerdict.REFUSED,
            Application.organization_id == application.organization_id,
            Application.kind == application.kind,
            Application.id != application.id,
            Application.state.in_([s for s in OPEN_STATES if s != ApplicationState.DRAFT]),
        )
    )
    for digest, number in rows:
        yield Detail(
            f"lines.{by_digest[str(digest)].position}.citizen_id",
            "already_asked",
            N_("Application %(number)s asks the same for this person and is still open."),
            {"number": number},
            "M5",
        )


@GUARDS.register
def some_person_passes(act: Act) -> Iterator[Detail]:
    """A form whose every person is refused is rejected, not passed."""
    application: Application = act.subject
    if not any(
        not _refused_now(act.data.get(line.position)) for line in application.passed_lines()
    ):
        yield Detail(
            "lines",
            "nobody_passes",
            N_("Every person is refused: reject the application instead."),
            rule="M5.1",
        )


@GUARDS.register
def work_is_unclaimed(act: Act) -> Iterator[Detail]:
    """One step is in one pair of hands."""
    if act.work is not None and act.work.claimed_by is not None:
        yield _claimed_by(act.work.claimed_by.name)


@GUARDS.register
def work_is_not_another_persons(act: Act) -> Iterator[Detail]:
    """What a colleague has taken on is the colleague's until handed back."""
    work = act.work
    if work is not None and work.claimed_by_id not in {None, act.actor.account_id}:
        yield _claimed_by(work.claimed_by.name if work.claimed_by else "")


def _claimed_by(name: str) -> Detail:
    return Detail(
        "claim", "claimed_by_other", N_("%(name)s has taken this on."), {"name": name}, "M3"
    )


@GUARDS.register
def work_is_claimed_by_actor(act: Act) -> Iterator[Detail]:
    """Only what one has taken on can be handed back."""
    if act.work is None or act.work.claimed_by_id != act.actor.account_id:
        yield Detail("claim", "not_claimed", N_("You have not taken this on."), rule="M3")


def lacking(check: PaperCheck, paper: PaperRequirement) -> list[str]:
    """Return which of the paper's ticks are not set: original_seen, copy_kept, copy_stamped."""
    wanted = {
        "original_seen": paper.original,
        "copy_kept": paper.copy,
        "copy_stamped": paper.stamp,
    }
    return [tick for tick, asked in wanted.items() if asked and not getattr(check, tick)]


LACKING_WORDS = {
    "original_seen": N_("%(paper)s: original not seen."),
    "copy_kept": N_("%(paper)s: no copy kept."),
    "copy_stamped": N_("%(paper)s: copy not stamped."),
}


@GUARDS.register
def papers_are_complete(act: Act) -> Iterator[Detail]:
    """M5.2, 第五条（二）: passing is refused while a paper is lacking, and says which."""
    application: Application = act.subject
    day = application.rules_on or office_date(act.now)
    papers = {p.code: p for p in papers_on(act.session, application.organization, day)}
    staying = {
        line.id
        for line in application.passed_lines()
        if not _refused_now(act.data.get(line.position))
    }
    for check in application.paper_checks:
        paper = papers.get(check.paper_code)
        if paper is None or (check.line_id is not None and check.line_id not in staying):
            continue
        for tick in lacking(check, paper):
            name = pick(paper, "name")
            if check.line is not None:
                name = f"{name} ({check.line.name})"
            yield Detail(
                f"papers.{check.id}.{tick}",
                "paper_lacking",
                LACKING_WORDS[tick],
                {"paper": name},
                "M5.2",
            )


@GUARDS.register
def keys_are_in_stock(act: Act) -> Iterator[Detail]:
    """M9: only a key in the issuing office's own stock can be handed out, and to one person."""
    yield from stock_problems(act, act.data)


def stock_problems(act: Act, serials: Mapping[int, str]) -> Iterator[Detail]:
    """Yield why the keys named for the lines, by position, cannot be handed out."""
    application: Application = act.subject
    positions = {line.position: line for line in application.passed_lines()}
    office = ISSUES_FROM[act.work.duty] if act.work else None
    keys = {
        key.serial: key
        for key in act.session.scalars(
            select(Key)
            .where(Key.serial.in_(sorted(serials.values())))
            .order_by(Key.id)
            .with_for_update(of=Key)
            .execution_options(populate_existing=True)
        )
    }
    for position, serial in serials.items():
        where = f"lines.{position}.key_serial"
        line = positions[position]
        key = keys.get(serial)
        if line.key_id is not None:
            yield Detail(
                where, "has_key", N_("This person has been given a key already."), rule="M9"
            )
        if key is None:
            yield Detail(
                where,
                "unknown_key",
                N_("No key has the serial number %(serial)s."),
                {"serial": serial},
                "M9",
            )
        elif key.office_code != office:
            yield Detail(
                where, "not_your_stock", N_("This key is in another office's stock."), rule="M9"
            )
        elif key.state != KeyState.IN_STOCK:
            yield Detail(
                where,
                "key_not_in_stock",
                N_("Key %(serial)s is not in stock."),
                {"serial": serial},
                "M9",
            )


@GUARDS.register
def some_person_has_key(act: Act) -> Iterator[Detail]:
    """Completing early needs somebody who was served."""
    if not any(line.key_id for line in act.subject.lines):
        yield Detail(
            "lines", "no_key_issued", N_("No key has been issued on this application."), rule="M5.1"
        )


@GUARDS.register
def holder_has_key(act: Act) -> Iterator[Detail]:
    """M4: nobody works before the key exists."""
    if _active_key(act, act.subject.id) is None:
        yield Detail("key", "no_active_key", N_("This account has no active key."), rule="M4")


@GUARDS.register
def holder_has_no_other_key(act: Act) -> Iterator[Detail]:
    """One active key per account."""
    holder = act.raw.get("holder_id")
    if holder and (key := _active_key(act, holder)):
        yield Detail(
            "holder",
            "has_key",
            N_("This person holds key %(serial)s."),
            {"serial": key.serial},
            "M9",
        )


def _active_key(act: Act, account_id: int) -> Key | None:
    return act.session.scalar(
        select(Key).where(Key.holder_id == account_id, Key.state == KeyState.ISSUED)
    )


@GUARDS.register
def no_open_application_names_holder(act: Act) -> Iterator[Detail]:
    """M6: nobody with something unfinished is cancelled; it is listed.

    The application that is being completed without this person is finished by that; a draft that
    nobody has handed in is nothing yet.
    """
    root = act.root.subject
    completing = root.id if isinstance(root, Application) else None
    numbers = act.session.scalars(
        select(Application.number)
        .join(ApplicationLine, ApplicationLine.application_id == Application.id)
        .where(
            ApplicationLine.account_id == act.subject.id,
            Application.state.in_([s for s in OPEN_STATES if s != ApplicationState.DRAFT]),
            Application.id.is_distinct_from(completing),
        )
    )
    for number in numbers:
        yield Detail(
            "applications",
            "unfinished",
            N_("Application %(number)s is still open."),
            {"number": number},
            "M6",
        )


@CONDITIONS.register
def all_reviews_closed(act: Act) -> bool:
    """Side by side: passed when all offices asked have passed."""
    return not [w for w in open_work(act.subject) if w.action == "approve"]


@CONDITIONS.register
def every_person_has_key(act: Act) -> bool:
    """Nobody who passed is left without a key."""
    return all(line.key_id is not None for line in act.subject.passed_lines())
