"""Keys between offices and in place of others: who may, what is asked, when it can be (M9)."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.catalog.enums import Duty, KeyState, OfficeCode
from app.catalog.permissions import Permission
from app.errors import Detail
from app.i18n import N_
from app.models.keys import Key
from app.models.offices import OfficeDuty
from app.models.stock import LOW_AT, StockLevel
from app.workflow.act import EFFECTS, GUARDS, VALIDATORS, WHO, Act
from app.workflow.review import is_same_person

KEEPS_STOCK = (Duty.ISSUE_MANAGEMENT_KEYS, Duty.ISSUE_ENTERPRISE_KEYS)
"""The duties whose offices keep a stock of keys (第三条, 第九条)."""


@WHO.register
def actor_answers_for_key(act: Act) -> Detail | None:
    """第八条: the holder, the administrator of the holder's unit, the issuing office."""
    key: Key = act.subject
    actor, holder = act.actor, key.holder
    if holder is None or is_same_person(actor, holder):
        return None
    if actor.may(Permission.KEYS_TAKE_BACK) and actor.office == key.office_code:
        return None
    if actor.may(Permission.APPLICATIONS_ADD) and actor.organization_id == holder.organization_id:
        return None
    return Detail("actor", "not_your_key", N_("This key is another person's."), rule="M8")


@WHO.register
def key_was_sent_to_actor(act: Act) -> Detail | None:
    """第九条: only the office that a key was sent to accepts it."""
    key: Key = act.subject
    if act.actor.office is not None and act.actor.office == key.destination_code:
        return None
    return Detail(
        "office", "not_sent_to_you", N_("This key was not sent to your office."), rule="M9"
    )


@VALIDATORS.reading("office_code")
def destination_office(act: Act) -> tuple[str | None, list[Detail]]:
    """Return the office that a key is sent to: `{"office_code": "SERVICE"}`."""
    raw = act.raw.get("office_code")
    if isinstance(raw, str) and raw.strip() in OfficeCode.__members__:
        return raw.strip(), []
    words = N_("Choose one of: %(choices)s.")
    choices = ", ".join(OfficeCode)
    return None, [Detail("data.office_code", "unknown_choice", words, {"choices": choices}, "M9")]


@GUARDS.register
def destination_keeps_a_stock(act: Act) -> Iterator[Detail]:
    """第三条: keys go to the other issuing office and to nobody else."""
    key: Key = act.subject
    where = "data.office_code"
    if act.data == key.office_code:
        yield Detail(where, "own_office", N_("The key is in this office already."), rule="M9")
        return
    issues = select(OfficeDuty.duty).where(
        OfficeDuty.office_code == act.data, OfficeDuty.duty.in_(KEEPS_STOCK)
    )
    if act.session.scalar(issues.limit(1)) is None:
        yield Detail(where, "keeps_no_stock", N_("This office keeps no stock of keys."), rule="M9")


@VALIDATORS.reading("replaced_by_id")
def replacement_key(act: Act) -> tuple[int | None, list[Detail]]:
    """Return the id of the key that takes the place: `{"replaced_by_id": 17}`."""
    raw = act.raw.get("replaced_by_id")
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw, []
    words = N_("Say which key takes the place of this one.")
    return None, [Detail("data.replaced_by_id", "required", words, rule="M9")]


@GUARDS.register
def key_was_somebodys(act: Act) -> Iterator[Detail]:
    """What takes the place of a key goes to whoever held it; of a stock's own key, to nobody."""
    if act.subject.last_holder_id is None:
        yield Detail("key", "nobodys_key", N_("Nobody has held this key."), rule="M9")


@GUARDS.register
def replacement_can_serve(act: Act) -> Iterator[Detail]:
    """The key that takes the place lies in stock, or has just been handed to the same person."""
    key: Key = act.subject
    new = act.session.get(Key, act.data)
    if (
        new is not None
        and new.id != key.id
        and (
            new.state == KeyState.IN_STOCK
            or (new.state == KeyState.ISSUED and new.holder_id == key.last_holder_id)
        )
    ):
        return
    yield Detail(
        "data.replaced_by_id",
        "replacement_not_at_hand",
        N_("The key that is to take the place is neither in stock nor this person's."),
        rule="M9",
    )


@EFFECTS.register
def watch_stock(act: Act) -> None:
    """M9: a stock that falls below its office's threshold is told of, once each time it does.

    What others move at the same moment is not seen: the next movement will notice. Nobody is told
    twice, because one of two can turn the row over.
    """
    key: Key = act.subject
    enters = act.transition.target == KeyState.IN_STOCK
    if not enters and key.state != KeyState.IN_STOCK:
        return
    with act.session.no_autoflush:  # half of the key's columns say where it is going already
        level = level_of(act.session, key.office_code)
        if enters and not level.is_low:
            return
        left = stock_of(act.session, key.office_code, but=key.id, most=level.low_at + 1) + enters
        low = left < level.low_at
        if low != level.is_low and turn_level(act.session, level, low=low) and low:
            act.new["stock_low"] = left


def level_of(session: Session, office_code: str) -> StockLevel:
    """Return the office's threshold; one that has none yet begins with an empty stock's."""
    wanted = select(StockLevel).where(StockLevel.office_code == office_code)
    found = session.scalar(wanted)
    if found is None:
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(
            dialect.insert(StockLevel)
            .values(office_code=office_code, low_at=LOW_AT, is_low=True, version=1)
            .on_conflict_do_nothing(index_elements=["office_code"])
        )
        found = session.scalars(wanted).one()
    return found


def stock_of(session: Session, office_code: str, *, but: int = 0, most: int) -> int:
    """Return how many keys an office has in stock besides `but`, counted up to `most`."""
    rows = (
        select(Key.id)
        .where(Key.office_code == office_code, Key.state == KeyState.IN_STOCK, Key.id != but)
        .limit(most)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(rows)) or 0


def turn_level(session: Session, level: StockLevel, *, low: bool) -> bool:
    """Note that the stock is low, or is so no more; False if somebody else has just done so."""
    turned = session.execute(
        update(StockLevel)
        .where(StockLevel.id == level.id, StockLevel.is_low.is_(not low))
        .values(is_low=low)
        .execution_options(synchronize_session=False)
    )
    session.refresh(level)
    return bool(turned.rowcount)  # type: ignore[attr-defined]
