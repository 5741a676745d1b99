"""A key for the person of an account that was opened by hand: no application stands behind it.

The same duties and the same four eyes as on an application's road (M3, M4, X4).
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.catalog.cleaning import Unfit
from app.catalog.enums import ApplicationState, Duty, KeyState
from app.clock import office_date
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.keys import Key
from app.workflow.act import EFFECTS, GUARDS, VALIDATORS, WHO, Act
from app.workflow.effects.keys import new_password, set_password
from app.workflow.engine_calls import fire_within
from app.workflow.form import problem, read_value
from app.workflow.review import is_same_person

OPEN_STATES = [
    state for state in ApplicationState if not state.is_closed and state != ApplicationState.DRAFT
]


@WHO.register
def actor_issues_to_this_unit(act: Act) -> Detail | None:
    """第三条: the research centre issues to management units, the service centre to enterprises."""
    account: Account = act.subject
    duty = (
        Duty.ISSUE_MANAGEMENT_KEYS
        if account.organization.type.is_management
        else Duty.ISSUE_ENTERPRISE_KEYS
    )
    if duty in act.actor.duties:
        return None
    return Detail("duty", "not_your_duty", N_("This is another office's duty."), rule="M3")


@WHO.register
def actor_did_not_open_account(act: Act) -> Detail | None:
    """X4: who opened an account cannot give it its key."""
    account: Account = act.subject
    opener = act.session.get(Account, account.opened_by_id) if account.opened_by_id else None
    if not is_same_person(act.actor, opener):
        return None
    return Detail(
        "actor", "opener_issues", N_("Who opened the account cannot issue its key."), rule="X4"
    )


@VALIDATORS.reading("key_serial")
def key_serial(act: Act) -> tuple[str | None, list[Detail]]:
    """Return the serial number of the one key: `{"key_serial": "..."}`."""
    try:
        serial: Any = read_value(
            Key, "serial", act.raw.get("key_serial"), today=office_date(act.now)
        )
    except Unfit as unfit:
        return None, [problem("data.key_serial", unfit)]
    return serial, []


@GUARDS.register
def account_was_opened_by_hand(act: Act) -> Iterator[Detail]:
    """Whoever was applied for gets the key on the application, where others have decided (M5.1)."""
    numbers = act.session.scalars(
        select(Application.number)
        .join(ApplicationLine, ApplicationLine.application_id == Application.id)
        .where(ApplicationLine.account_id == act.subject.id, Application.state.in_(OPEN_STATES))
    )
    for number in numbers:
        yield Detail(
            "application",
            "key_by_application",
            N_("The key of this person is issued on application %(number)s."),
            {"number": number},
            "M5.1",
        )


@GUARDS.register
def key_is_in_own_stock(act: Act) -> Iterator[Detail]:
    """M9: only a key in the issuing office's own stock can be handed out."""
    serial = act.data
    key = act.session.scalar(
        select(Key)
        .where(Key.serial == serial)
        .with_for_update(of=Key)
        .execution_options(populate_existing=True)
    )
    where, params = "data.key_serial", {"serial": serial}
    if key is None:
        yield Detail(
            where, "unknown_key", N_("No key has the serial number %(serial)s."), params, "M9"
        )
    elif act.actor.office is None or key.office_code != act.actor.office:
        yield Detail(
            where, "not_your_stock", N_("This key is in another office's stock."), params, "M9"
        )
    elif key.state != KeyState.IN_STOCK:
        yield Detail(where, "key_not_in_stock", N_("Key %(serial)s is not in stock."), params, "M9")


@EFFECTS.register
def give_key_and_activate(act: Act) -> None:
    """Hand the key over, activate the account, tell the first password once (M4)."""
    account: Account = act.subject
    key = act.session.scalars(select(Key).where(Key.serial == act.data)).one()
    fire_within(act, key, "issue", data={"holder_id": account.id}, comment=act.comment)
    password = new_password()
    set_password(account, password, must_change=True)
    fire_within(act, account, "activate")
    act.result.update(key_serial=key.serial, login_name=account.login_name)
    act.secrets["initial_password"] = password
    act.new["key"] = key.serial
