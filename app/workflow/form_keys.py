"""Keys of people who stand on a form: handed back, replaced, bound to a new name (M9, 第九条)."""

from collections.abc import Iterator

from sqlalchemy import select

from app.catalog.enums import KeyState, LineVerdict, RefusalReason, StepOutcome
from app.catalog.identity import IdentityError, normalise_key_serial
from app.errors import Detail
from app.i18n import N_
from app.models.applications import ApplicationLine
from app.models.keys import Key
from app.workflow.act import CONDITIONS, EFFECTS, GUARDS, VALIDATORS, Act
from app.workflow.data import not_text, rows_named
from app.workflow.effects.keys import hand_out
from app.workflow.effects.road import close_own, open_next_work
from app.workflow.engine_calls import fire_within
from app.workflow.guards import stock_problems
from app.workflow.named import reason_of
from app.workflow.review import own_open_work


def keys_out(act: Act) -> dict[int, Key]:
    """Return the keys that persons of the form hold, by position; not those that it gave them."""
    holders = {
        line.account_id: line.position
        for line in act.subject.passed_lines()
        if line.account_id is not None and line.key_id is None
    }
    found = act.session.scalars(
        select(Key)
        .where(Key.holder_id.in_(sorted(holders)), Key.state == KeyState.ISSUED)
        .order_by(Key.id)
    )
    return {holders[key.holder_id]: key for key in found if key.holder_id is not None}


def _serials(act: Act, problems: list[Detail]) -> Iterator[tuple[str, ApplicationLine, str]]:
    """Yield place, line and serial number of each entry of `data.lines` that can be read."""
    passed = {line.id for line in act.subject.passed_lines()}
    for where, line, entry in rows_named(act, problems):
        raw = entry.get("key_serial")
        if line.id not in passed:
            problems.append(
                Detail(where, "line_refused", N_("This person was refused."), rule="M9")
            )
        elif not isinstance(raw, str):
            problems.append(not_text(f"{where}.key_serial"))
        else:
            try:
                yield f"{where}.key_serial", line, normalise_key_serial(raw)
            except IdentityError as error:
                place = f"{where}.key_serial"
                problems.append(Detail(place, error.code, error.msgid, dict(error.params), "M9"))


@VALIDATORS.reading("lines")
def returned_keys(act: Act) -> tuple[dict[int, str], list[Detail]]:
    """Return the serial of each key that has come back, by position.

    Without `lines` every key that is still out has come back; with them, those named there.
    """
    problems: list[Detail] = []
    out = keys_out(act)
    if "lines" not in act.raw:
        return {position: key.serial for position, key in out.items()}, problems
    serials: dict[int, str] = {}
    for where, line, serial in _serials(act, problems):
        held = out.get(line.position)
        if held is None:
            problems.append(
                Detail(
                    where,
                    "nothing_to_return",
                    N_("%(name)s holds no key that could come back."),
                    {"name": line.name},
                    "M9",
                )
            )
        elif held.serial != serial:
            problems.append(
                Detail(
                    where,
                    "key_not_theirs",
                    N_("Key %(serial)s is not the one that %(name)s holds."),
                    {"serial": serial, "name": line.name},
                    "M9",
                )
            )
        else:
            serials[line.position] = serial
    if out and not serials and not problems:
        problems.append(
            Detail("data.lines", "required", N_("Say which keys have come back."), rule="M9")
        )
    return serials, problems


@VALIDATORS.reading("lines")
def rebound_keys(act: Act) -> tuple[dict[int, str], list[Detail]]:
    """Return the serial of each person's key under the new name, by position.

    The serial in hand is bound anew, another one reissues. Without `lines` everybody keeps the
    own; who has none needs one.
    """
    problems: list[Detail] = []
    waiting = [line for line in act.subject.passed_lines() if line.key_id is None]
    out = keys_out(act)
    if "lines" in act.raw:
        named = {line.position: serial for _where, line, serial in _serials(act, problems)}
        if not named and not problems:
            words = N_("Say which key goes to whom.")
            problems.append(Detail("data.lines", "required", words, rule="M9"))
        return named, problems
    problems += [
        Detail(
            f"lines.{line.position}.key_serial",
            "required",
            N_("%(name)s holds no key: name one from the stock."),
            {"name": line.name},
            "M9",
        )
        for line in waiting
        if line.position not in out
    ]
    return {position: key.serial for position, key in out.items()}, problems


@GUARDS.register
def new_keys_are_in_stock(act: Act) -> Iterator[Detail]:
    """M9: a key that the person does not hold yet comes from the issuing office's own stock."""
    out = keys_out(act)
    own = {position: key.serial for position, key in out.items()}
    fresh = {place: serial for place, serial in act.data.items() if own.get(place) != serial}
    yield from stock_problems(act, fresh)


@GUARDS.register
def former_keys_are_given_up(act: Act) -> Iterator[Detail]:
    """附件4: a new key takes the place of one that is back or lost, person by person."""
    for position, key in keys_out(act).items():
        if position in act.data:
            yield Detail(
                f"lines.{position}.key_serial",
                "former_key_out",
                N_("%(name)s has neither handed back key %(serial)s nor reported it lost."),
                {"name": key.holder.name if key.holder else "", "serial": key.serial},
                "M9",
            )


@CONDITIONS.register
def every_key_is_back(act: Act) -> bool:
    """Nobody who passed still holds a key."""
    return not keys_out(act)


@EFFECTS.register
def take_keys_back(act: Act) -> None:
    """Take the keys named into the office; the ledger says by which form (M6.1, M9)."""
    for position, key in keys_out(act).items():
        if position in act.data:
            fire_within(act, key, "take_back", comment=reason_of(act))
    act.session.flush()
    act.new["keys"] = sorted(act.data.values())


@EFFECTS.register
def ask_for_keys(act: Act) -> None:
    """Somebody has to take keys back only where somebody still has one (M6.1)."""
    if not every_key_is_back(act):
        open_next_work(act)


@EFFECTS.register
def close_work_when_keys_are_back(act: Act) -> None:
    """The step ends with the last key that comes back."""
    if every_key_is_back(act):
        close_own(act, StepOutcome.DONE)


@EFFECTS.register
def go_on_when_keys_are_back(act: Act) -> None:
    """New keys are handed out while others are still awaited; after the last one that goes on."""
    if act.work is None or act.work.action == act.transition.action:
        return
    act.session.flush()
    if every_key_is_back(act):
        close_own(act, StepOutcome.DONE)
        open_next_work(act)
        act.work = own_open_work(act.subject, act.actor)


@EFFECTS.register
def replace_keys(act: Act) -> None:
    """Hand each person the new key; the former one leads to it and is retired (M5.1, M9)."""
    hand_out(act)


@EFFECTS.register
def rebind_keys(act: Act) -> None:
    """Bind the key in hand to the new name, or hand out another in its place (M5.1)."""
    hand_out(act)


@EFFECTS.register
def leave_out_unserved(act: Act) -> None:
    """Whoever got no new key keeps the account as it is; the line says why."""
    for line in act.subject.passed_lines():
        if line.key_id is None:
            line.verdict = LineVerdict.REFUSED
            line.reason_code = RefusalReason.OTHER
            line.reason = act.comment[:500]
