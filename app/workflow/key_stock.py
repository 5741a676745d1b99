"""Keys between offices and in place of others: who may, what is asked, when it can be (M9)."""

from collections.abc import Iterator

from sqlalchemy import select

from app.catalog.enums import Duty, KeyState, OfficeCode
from app.catalog.permissions import Permission
from app.errors import Detail
from app.i18n import N_
from app.models.keys import Key
from app.models.offices import OfficeDuty
from app.workflow.act import GUARDS, VALIDATORS, WHO, Act
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


@VALIDATORS.register
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


@VALIDATORS.register
def replacement_key(act: Act) -> tuple[int | None, list[Detail]]:
    """Return the id of the key that takes the place: `{"replaced_by_id": 17}`."""
    raw = act.raw.get("replaced_by_id")
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw, []
    words = N_("Say which key takes the place of this one.")
    return None, [Detail("data.replaced_by_id", "required", words, rule="M9")]


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
