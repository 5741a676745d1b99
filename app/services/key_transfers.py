"""Keys that go from one issuing office to the other in one parcel: a list, or ranges (M9)."""

import re
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.enums import KeyState
from app.catalog.identity import IdentityError, normalise_key_serial
from app.catalog.permissions import Permission
from app.errors import Detail, InvalidInput
from app.i18n import N_
from app.models.keys import Key
from app.security.actor import Actor
from app.security.authorise import require
from app.services.keys import MAX_BATCH
from app.workflow.engine import fire

RULE, ARTICLE = "M9", "第九条"
BETWEEN = ".."
NUMBERED = re.compile(r"(.*?)([0-9]{1,12})")


def send_keys(
    session: Session,
    wanted: str,
    office: str,
    *,
    actor: Actor,
    now: datetime,
    comment: str,
) -> list[Key]:
    """Send the keys of the own stock that `wanted` names to `office`, all or none of them.

    Serial numbers stand apart by blanks or line ends; `GM-0001..GM-0050` names a range of which
    every number must be in stock. InvalidInput names each entry that cannot be sent.
    """
    require(actor, Permission.KEYS_TRANSFER)
    problems: list[Detail] = []
    serials = list(_named(wanted.split(), problems))
    if not serials and not problems:
        words = N_("Enter at least one serial number.")
        problems.append(Detail("serials", "required", words, rule=RULE))
    known = {
        key.serial: key
        for key in session.scalars(
            select(Key).where(Key.serial.in_(serials), Key.office_code == (actor.office or ""))
        )
    }
    for serial in serials:
        key = known.get(serial)
        if key is None:
            words, code = N_("Key %(serial)s is not in this office's stock."), "not_your_stock"
        elif key.state != KeyState.IN_STOCK:
            words, code = N_("Key %(serial)s is not in stock."), "key_not_in_stock"
        else:
            continue
        problems.append(Detail("serials", code, words, {"serial": serial}, RULE))
    if problems:
        raise InvalidInput(details=problems[:MAX_BATCH], rule=RULE, article=ARTICLE)
    keys = [known[serial] for serial in serials]
    for key in keys:
        fire(
            session,
            key,
            "transfer",
            actor=actor,
            data={"office_code": office},
            comment=comment,
            now=now,
        )
    return keys


def accept_keys(session: Session, *, actor: Actor, now: datetime, comment: str = "") -> list[Key]:
    """Accept everything that is on the way to the actor's office, up to a batch."""
    require(actor, Permission.KEYS_TRANSFER)
    keys = list(
        session.scalars(
            select(Key)
            .where(Key.destination_code == (actor.office or ""), Key.state == KeyState.IN_TRANSIT)
            .order_by(Key.id)
            .limit(MAX_BATCH)
        )
    )
    for key in keys:
        fire(session, key, "accept", actor=actor, comment=comment, now=now)
    return keys


def on_the_way(session: Session, actor: Actor) -> tuple[int, int]:
    """Return how many keys are on the way to, and from, the actor's office."""
    office = actor.office or ""
    moving = Key.state == KeyState.IN_TRANSIT
    coming = select(func.count()).select_from(Key).where(Key.destination_code == office, moving)
    going = select(func.count()).select_from(Key).where(Key.office_code == office, moving)
    row = session.execute(select(coming.scalar_subquery(), going.scalar_subquery())).one()
    return row[0], row[1]


def _named(entries: list[str], problems: list[Detail]) -> Iterator[str]:
    """Yield each serial number once, ranges taken apart; note what cannot be read."""
    seen: set[str] = set()
    for row, entry in enumerate(entries, start=1):
        first, between, last = entry.partition(BETWEEN)
        try:
            ends = [normalise_key_serial(first)]
            if between:
                ends.append(normalise_key_serial(last))
        except IdentityError as error:
            problems.append(
                Detail(f"serials.{row}", error.code, error.msgid, dict(error.params), RULE)
            )
            continue
        named = _range(*ends) if between else ends
        if named is None:
            words = N_("%(entry)s is not a range of at most %(limit)s serial numbers.")
            params = {"entry": entry[:80], "limit": MAX_BATCH}
            problems.append(Detail(f"serials.{row}", "not_a_range", words, params, RULE))
            continue
        for serial in named:
            if serial not in seen:
                seen.add(serial)
                yield serial
        if len(seen) > MAX_BATCH:
            words = N_("At most %(limit)s keys at a time; these are %(count)s.")
            params = {"limit": MAX_BATCH, "count": len(seen)}
            problems.append(Detail("serials", "too_many_rows", words, params, RULE))
            return


def _range(first: str, last: str) -> list[str] | None:
    """Return every serial number from `first` to `last`, None if the two form no range."""
    begin, end = NUMBERED.fullmatch(first), NUMBERED.fullmatch(last)
    if begin is None or end is None:
        return None
    (stem, low), (other, high) = begin.groups(), end.groups()
    if stem != other or len(low) != len(high) or not 0 <= int(high) - int(low) < MAX_BATCH:
        return None
    return [f"{stem}{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]
