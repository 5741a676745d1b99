"""Keys: taken into stock in batches, handed to people outside applications (M9, 第九条)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.cleaning import Unfit
from app.catalog.enums import KeyState, OfficeCode
from app.catalog.permissions import Permission
from app.clock import office_date
from app.errors import Detail, Forbidden, InvalidInput
from app.i18n import N_
from app.models.accounts import Account
from app.models.keys import Key, KeyMovement
from app.security.actor import Actor
from app.security.audit import record
from app.security.authorise import require
from app.workflow.engine import Outcome, fire
from app.workflow.form import problem, read_value

RULE, ARTICLE = "M9", "第九条"
MAX_BATCH = 2000


def receive_keys(
    session: Session,
    serials: Sequence[Any],
    *,
    actor: Actor,
    now: datetime,
    office: OfficeCode | None = None,
    comment: str = "",
) -> list[Key]:
    """Take the keys with these serial numbers into the stock of `office` and return them.

    `office` is the actor's own unless named; another one is refused. All or none: InvalidInput
    names each row (`serials.3`) that cannot be read, stands twice or is on record already.
    """
    require(actor, Permission.KEYS_ADD)
    office = office or actor.office
    if office is None or office != actor.office:
        raise Forbidden(
            N_("Each issuing office keeps its own stock."),
            code="not_your_stock",
            rule=RULE,
            article=ARTICLE,
        )
    wanted = _read_serials(session, serials, today=office_date(now))
    keys = [Key(serial=serial, office_code=office.value, received_at=now) for serial in wanted]
    session.add_all(keys)
    session.flush()
    for key in keys:
        enter_key(session, key, actor=actor, now=now, comment=comment)
        fire(session, key, "stock", actor=actor, comment=comment, now=now)
    return keys


def issue_key_to(
    session: Session,
    account: Account,
    serial: str,
    *,
    actor: Actor,
    now: datetime,
    comment: str | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """Hand the key with `serial` to the person of an account opened by hand, which makes it active.

    The first password is in the outcome's `secrets`, once. An act like others: the door behind
    `perform(session, Account, id, "issue_key", data={"key_serial": ...})`.
    """
    return fire(
        session,
        account,
        "issue_key",
        actor=actor,
        data={"key_serial": serial},
        comment=comment,
        now=now,
        expected_version=expected_version,
    )


def _read_serials(session: Session, serials: Sequence[Any], *, today: date) -> list[str]:
    if not serials:
        raise InvalidInput(
            details=[
                Detail("serials", "required", N_("Enter at least one serial number."), {}, RULE)
            ]
        )
    if len(serials) > MAX_BATCH:
        raise InvalidInput(
            details=[
                Detail(
                    "serials",
                    "too_many_rows",
                    N_("At most %(limit)s keys at a time; these are %(count)s."),
                    {"limit": MAX_BATCH, "count": len(serials)},
                    RULE,
                )
            ]
        )
    problems: list[Detail] = []
    rows: dict[str, int] = {}
    for row, raw in enumerate(serials, start=1):
        try:
            serial = read_value(Key, "serial", raw, today=today)
        except Unfit as unfit:
            problems.append(problem(f"serials.{row}", unfit))
            continue
        if serial in rows:
            problems.append(
                Detail(
                    f"serials.{row}",
                    "key_twice",
                    N_("%(serial)s stands in row %(row)s already."),
                    {"serial": serial, "row": rows[serial]},
                    RULE,
                )
            )
        rows.setdefault(serial, row)
    problems += _on_record(session, rows)
    if problems:
        raise InvalidInput(details=sorted(problems, key=_row), rule=RULE, article=ARTICLE)
    return list(rows)


def _row(detail: Detail) -> int:
    return int(detail.field.partition(".")[2])


def _on_record(session: Session, rows: dict[str, int]) -> Iterator[Detail]:
    """Serial numbers are unique over all offices and all times."""
    known = session.scalars(
        select(Key.serial)
        .where(Key.serial.in_(sorted(rows)))
        .execution_options(unscoped="serial numbers are unique over all offices")
    )
    for serial in known:
        yield Detail(
            f"serials.{rows[serial]}",
            "serial_taken",
            N_("A key with the serial number %(serial)s is on record already."),
            {"serial": serial},
            RULE,
        )


def enter_key(session: Session, key: Key, *, actor: Actor, now: datetime, comment: str) -> None:
    """Begin the key's ledger: every movement has who, when, why (M9)."""
    session.add(
        KeyMovement(
            key_id=key.id,
            action="receive",
            from_state=None,
            to_state=KeyState.RECEIVED,
            office_code=key.office_code,
            actor_id=actor.account_id,
            at=now,
            reason=comment[:500],
        )
    )
    record(
        session,
        tag="key:received",
        subject=key,
        actor=actor,
        now=now,
        new={"state": KeyState.RECEIVED.value, "office": key.office_code},
        comment=comment,
        rule=RULE,
        article=ARTICLE,
    )
