"""What an act's `data` may hold: validators turn it into values, with every problem named."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.catalog.cleaning import Unfit, plain_text
from app.catalog.enums import LineVerdict, Pledged, RefusalReason
from app.catalog.identity import IdentityError, normalise_key_serial, normalise_login_name
from app.clock import office_date
from app.errors import Detail
from app.i18n import N_
from app.models.applications import Application, ApplicationLine
from app.workflow.act import VALIDATORS, Act
from app.workflow.form import HEADER
from app.workflow.regulation import pledge_on
from app.workflow.review import is_in_charge

MAX_REASON = 500
VERDICTS = {
    **dict.fromkeys(("passed", "pass", "approved", "approve"), LineVerdict.PASSED),
    **dict.fromkeys(("refused", "refuse", "rejected", "reject"), LineVerdict.REFUSED),
}
TICKS = ("original_seen", "copy_kept", "copy_stamped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One office's decision on one line."""

    verdict: LineVerdict
    reason_code: RefusalReason | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkText:
    """What has to be mended where."""

    target: str
    text: str


def rows_named(
    act: Act, problems: list[Detail]
) -> Iterator[tuple[str, ApplicationLine, dict[str, Any]]]:
    """Yield each entry of `data.lines` with its line, found by `position` or `id`."""
    entries = act.raw.get("lines", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(Detail("data.lines", "not_a_list", N_("A list of lines is expected here.")))
        return
    application: Application = act.subject
    by_position = {line.position: line for line in application.lines}
    by_id = {line.id: line for line in application.lines}
    seen: set[int] = set()
    for index, entry in enumerate(entries, start=1):
        where = f"data.lines.{index}"
        line = by_position.get(_key(entry, "position") or 0) or by_id.get(_key(entry, "id") or 0)
        if line is None:
            problems.append(
                Detail(where, "unknown_line", N_("There is no such line on this form."))
            )
        elif line.id in seen:
            problems.append(Detail(where, "line_twice", N_("This line is named twice.")))
        else:
            seen.add(line.id)
            yield where, line, entry


def _key(entry: dict[str, Any], name: str) -> int | None:
    value = entry.get(name)
    if name == "position" and value is None:
        value = entry.get("line")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def not_text(where: str) -> Detail:
    """Return the refusal of what should be words and is not."""
    return Detail(where, "not_text", N_("Text is expected here."))


def _words(
    raw: Any, where: str, problems: list[Detail], *, required: bool, limit: int = MAX_REASON
) -> str:
    if raw is None or raw == "":
        if required:
            problems.append(Detail(where, "required", N_("Say why.")))
        return ""
    if not isinstance(raw, str):
        problems.append(not_text(where))
        return ""
    try:
        text = plain_text(raw, limit=limit, long=True)
    except Unfit as unfit:
        problems.append(Detail(where, unfit.code, unfit.msgid, unfit.params))
        return ""
    if required and not text:
        problems.append(Detail(where, "required", N_("Say why.")))
    return text


def _reason_code(raw: Any, where: str, problems: list[Detail]) -> RefusalReason | None:
    if raw is None or raw == "":
        return RefusalReason.OTHER
    try:
        return RefusalReason(raw)
    except ValueError:
        problems.append(
            Detail(
                where,
                "unknown_choice",
                N_("Choose one of: %(choices)s."),
                {"choices": ", ".join(RefusalReason)},
            )
        )
        return None


@VALIDATORS.reading("lines")
def line_rulings(act: Act) -> tuple[dict[int, Ruling], list[Detail]]:
    """Return the ruling on each line still in play that is the office's to decide (M3).

    Lines not named are passed; to pass one of another office's says nothing.
    """
    problems: list[Detail] = []
    in_play = act.subject.passed_lines()
    rulings = {
        line.position: Ruling(verdict=LineVerdict.PASSED)
        for line in in_play
        if is_in_charge(act.work, line)
    }
    for where, line, entry in rows_named(act, problems):
        verdict = VERDICTS.get(str(entry.get("verdict") or entry.get("decision") or ""))
        if verdict is None:
            problems.append(
                Detail(
                    f"{where}.verdict",
                    "unknown_choice",
                    N_("Choose one of: %(choices)s."),
                    {"choices": "passed, refused"},
                )
            )
            continue
        if line not in in_play:
            problems.append(
                Detail(
                    where, "line_refused_before", N_("This person was refused by another office.")
                )
            )
            continue
        if line.position not in rulings:
            if verdict == LineVerdict.REFUSED:
                words = N_("This person asks for nothing that is in your charge.")
                problems.append(Detail(where, "line_of_another_office", words, rule="M3"))
            continue
        if verdict == LineVerdict.REFUSED:
            rulings[line.position] = Ruling(
                verdict=verdict,
                reason_code=_reason_code(
                    entry.get("reason_code"), f"{where}.reason_code", problems
                ),
                reason=_words(entry.get("reason"), f"{where}.reason", problems, required=True),
            )
    return rulings, problems


@VALIDATORS.reading("reason_code")
def refusal(act: Act) -> tuple[Ruling, list[Detail]]:
    """Return the coded reason and the words (the comment) for which the whole form is refused."""
    problems: list[Detail] = []
    code = _reason_code(act.raw.get("reason_code"), "data.reason_code", problems)
    return (
        Ruling(verdict=LineVerdict.REFUSED, reason_code=code, reason=act.comment[:MAX_REASON]),
        problems,
    )


@VALIDATORS.reading("remarks")
def remarks(act: Act) -> tuple[list[RemarkText], list[Detail]]:
    """Return remarks, each on a field, a line's field or a paper of this form."""
    problems: list[Detail] = []
    entries = act.raw.get("remarks", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [Detail("data.remarks", "not_a_list", N_("A list of remarks is expected here."))]
    known = remark_targets(act.subject)
    found = []
    for index, entry in enumerate(entries, start=1):
        where = f"data.remarks.{index}"
        target = str(entry.get("field", ""))
        if target not in known:
            problems.append(
                Detail(
                    f"{where}.field", "unknown_field", N_("This form has no such field or paper.")
                )
            )
        text = _words(entry.get("text"), f"{where}.text", problems, required=True)
        found.append(RemarkText(target=target, text=text))
    return found, problems


def remark_targets(application: Application) -> set[str]:
    """Return every place of the form that a remark can point to."""
    places = {*HEADER, "lines", "papers"}
    for line in application.lines:
        places.add(f"lines.{line.position}")
        places.update(f"lines.{line.position}.{column}" for column in line.columns)
    places.update(f"papers.{check.paper_code}" for check in application.paper_checks)
    places.update(f"papers.{material.paper_code}" for material in application.materials)
    return places


@VALIDATORS.reading("pledge", "pledge_accepted")
def pledge(act: Act) -> tuple[tuple[int, Pledged] | None, list[Detail]]:
    """Return the id of the pledge in force, and how the applicant accepted it (M8).

    The pages always say whether it was ticked. Who says nothing, which REST and the command line
    allow, accepts it by submitting, and that is what stays on record; who says no is refused.
    """
    application: Application = act.subject
    found = pledge_on(act.session, application.kind, office_date(act.now))
    if found is None:
        return None, [
            Detail("data.pledge", "no_pledge", N_("No pledge is in force for this form."))
        ]
    if not all(answer is True for answer in act.raw.values()):
        return None, [
            Detail("data.pledge", "required", N_("The pledge must be accepted."), rule="M8")
        ]
    return (found.id, Pledged.EXPRESSLY if act.raw else Pledged.BY_SUBMITTING), []


@VALIDATORS.reading("lines")
def login_names(act: Act) -> tuple[dict[int, str], list[Detail]]:
    """Return the login names that INFO chose, by position; the rest are made from the name."""
    problems: list[Detail] = []
    chosen: dict[int, str] = {}
    for where, line, entry in rows_named(act, problems):
        raw = entry.get("login_name")
        if raw is None or raw == "":
            continue
        if not isinstance(raw, str):
            problems.append(not_text(f"{where}.login_name"))
            continue
        try:
            chosen[line.position] = normalise_login_name(raw).name
        except IdentityError as error:
            problems.append(
                Detail(
                    f"{where}.login_name", error.code, error.msgid, dict(error.params), error.rule
                )
            )
    return chosen, problems


@VALIDATORS.reading("lines")
def key_serials(act: Act) -> tuple[dict[int, str], list[Detail]]:
    """Return the serial of the key for each person served now, at least one."""
    problems: list[Detail] = []
    serials: dict[int, str] = {}
    passed = {line.position for line in act.subject.passed_lines()}
    for where, line, entry in rows_named(act, problems):
        if line.position not in passed:
            problems.append(
                Detail(where, "line_refused", N_("This person was refused."), rule="M9")
            )
            continue
        raw = entry.get("key_serial")
        if raw is not None and not isinstance(raw, str):
            problems.append(not_text(f"{where}.key_serial"))
            continue
        try:
            serial = normalise_key_serial(raw or "")
        except IdentityError as error:
            problems.append(
                Detail(f"{where}.key_serial", error.code, error.msgid, dict(error.params), "M9")
            )
            continue
        if serial in serials.values():
            problems.append(
                Detail(
                    f"{where}.key_serial", "key_twice", N_("This key is given twice."), rule="M9"
                )
            )
        serials[line.position] = serial
    if not serials and not problems:
        problems.append(
            Detail("data.lines", "required", N_("Say which key goes to whom."), rule="M9")
        )
    return serials, problems


@VALIDATORS.reading("papers")
def paper_ticks(act: Act) -> tuple[dict[int, dict[str, bool]], list[Detail]]:
    """Return the ticks of each paper check: original_seen, copy_kept, copy_stamped.

    A paper can be named by `code` instead of `id`: everybody's, or that of the person at
    `position`.
    """
    problems: list[Detail] = []
    entries = act.raw.get("papers", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return {}, [Detail("data.papers", "not_a_list", N_("A list of papers is expected here."))]
    ticks: dict[int, dict[str, bool]] = {}
    for index, entry in enumerate(entries, start=1):
        where = f"data.papers.{index}"
        position = _key(entry, "position")
        checks = [
            check
            for check in act.subject.paper_checks
            if check.id == _key(entry, "id")
            or (
                entry.get("id") is None
                and check.paper_code == entry.get("code")
                and (check.line is None or position in {None, check.line.position})
            )
        ]
        if not checks:
            problems.append(
                Detail(
                    where,
                    "unknown_paper",
                    N_("This paper is not asked of this applicant."),
                    rule="M5.2",
                )
            )
        for check in checks:
            given = {tick: entry[tick] for tick in TICKS if tick in entry}
            if all(isinstance(value, bool) for value in given.values()):
                ticks[check.id] = given
            else:
                problems.append(Detail(where, "not_boolean", N_("A tick is true or false.")))
    return ticks, problems
