"""Effects that record what was decided: rulings on persons, remarks, ticks on papers."""

from app.catalog.enums import LineVerdict
from app.models.applications import Application, ApplicationLine
from app.models.work import LineDecision, Remark
from app.workflow.act import EFFECTS, Act
from app.workflow.data import Ruling
from app.workflow.review import open_work


@EFFECTS.register
def record_rulings(act: Act) -> None:
    """Keep this office's ruling on each person in its charge; one refusal refuses the person."""
    application: Application = act.subject
    refused: dict[str, str] = {}
    for line in application.passed_lines():
        ruling: Ruling | None = act.data.get(line.position)
        if ruling is None:
            continue
        _keep(act, line, ruling)
        if ruling.verdict == LineVerdict.REFUSED:
            _refuse(line, ruling)
            refused[str(line.position)] = ruling.reason
    if refused:
        act.new["refused"] = refused


@EFFECTS.register
def refuse_every_person(act: Act) -> None:
    """The whole form is refused, for the reason given."""
    for line in act.subject.passed_lines():
        _keep(act, line, act.data)
        _refuse(line, act.data)


@EFFECTS.register
def settle_verdicts(act: Act) -> None:
    """After the last review, whoever was not refused has passed."""
    if [work for work in open_work(act.subject) if work.action == "approve"]:
        return
    for line in act.subject.passed_lines():
        line.verdict = LineVerdict.PASSED


def _keep(act: Act, line: ApplicationLine, ruling: Ruling) -> None:
    if act.work is None:
        return
    act.session.add(
        LineDecision(
            work_item_id=act.work.id,
            line_id=line.id,
            verdict=ruling.verdict,
            reason_code=ruling.reason_code,
            reason=ruling.reason,
        )
    )


def _refuse(line: ApplicationLine, ruling: Ruling) -> None:
    line.verdict = LineVerdict.REFUSED
    line.reason_code = ruling.reason_code
    line.reason = ruling.reason


@EFFECTS.register
def record_remarks(act: Act) -> None:
    """Keep what has to be mended, on the very field or paper."""
    application: Application = act.subject
    for remark in act.data:
        application.remarks.append(
            Remark(
                application_id=application.id,
                work_item_id=act.work.id if act.work else None,
                round=application.round,
                target=remark.target,
                text=remark.text,
                by_id=act.actor.account_id,
                at=act.now,
            )
        )
    for line in application.lines:
        line.verdict, line.reason_code, line.reason = LineVerdict.PENDING, None, ""
    act.new["remarks"] = {remark.target: remark.text for remark in act.data}


@EFFECTS.register
def record_paper_ticks(act: Act) -> None:
    """第五条（二）: original checked, copy kept, copy stamped, by whom and when."""
    application: Application = act.subject
    for check in application.paper_checks:
        ticks = act.data.get(check.id)
        if not ticks:
            continue
        before = {tick: getattr(check, tick) for tick in ticks}
        if before == ticks:
            continue
        for tick, value in ticks.items():
            setattr(check, tick, value)
        check.checked_by_id, check.checked_at = act.actor.account_id, act.now
        act.old[f"{check.paper_code}.{check.id}"] = before
        act.new[f"{check.paper_code}.{check.id}"] = ticks
