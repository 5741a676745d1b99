"""An office begins: people who worked before, with their keys and items, as they stood (M4, M9)."""

from typing import Any

from sqlalchemy import select

from app.catalog.enums import Channel
from app.catalog.permissions import RoleName
from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.grants import AccountGrant
from app.models.keys import Key
from app.models.permissions import PermissionItem
from app.models.roles import Role
from app.security.audit import record
from app.workflow.act import EFFECTS, VALIDATORS, WHO, Act
from app.workflow.effects.accounts import UNIT_ADMINISTRATION
from app.workflow.engine_calls import fire_within


@WHO.register
def actor_loads_an_office(act: Act) -> Detail | None:
    """Taking over is done once, from the office's own lists, at the command line."""
    if act.actor.channel in {Channel.CLI, Channel.JOB}:
        return None
    return Detail(
        "actor",
        "only_at_switch_over",
        N_("People are taken over at the switch-over, at the command line."),
        rule="M4",
    )


@VALIDATORS.reading("key_id", "issued_at", "items", "since", "activated_at", "last_login_at")
def as_it_was(act: Act) -> tuple[dict[str, Any], list[Detail]]:
    """Return how the person stood, as the switch-over has checked it."""
    return act.raw, []


@EFFECTS.register
def hand_key_over_as_it_was(act: Act) -> None:
    """M9: the key is the person's already; the ledger begins with that."""
    key = act.session.get_one(Key, act.data["key_id"])
    fire_within(
        act,
        key,
        "take_over",
        data={"holder_id": act.subject.id, "issued_at": act.data["issued_at"]},
        comment=act.comment,
    )
    act.new["key"] = key.serial


@EFFECTS.register
def keep_day_of_issue(act: Act) -> None:
    """The key was handed out when the former lists say it was."""
    act.subject.issued_at = act.raw["issued_at"]


@EFFECTS.register
def grant_as_it_was(act: Act) -> None:
    """M4: the items held before are held from now on, without an application (X1)."""
    account: Account = act.subject
    wanted = select(PermissionItem).where(PermissionItem.id.in_(act.data["items"]))
    items = act.session.scalars(wanted.order_by(PermissionItem.id)).all()
    for item in items:
        act.session.add(
            AccountGrant(account_id=account.id, item_id=item.id, valid_from=act.data["since"])
        )
    if any(UNIT_ADMINISTRATION in item.acts for item in items):
        administrator = select(Role).where(Role.name == RoleName.ORGANIZATION_ADMINISTRATOR.value)
        account.roles.append(act.session.scalars(administrator).one())
    record(
        act.session,
        tag="account:granted",
        subject=account,
        actor=act.actor,
        now=act.now,
        new={"items": [item.code for item in items]},
        rule="M4",
        article="第四条",
    )


@EFFECTS.register
def start_account_as_it_was(act: Act) -> None:
    """The clock of 第六条（四） goes on from where it stood."""
    account: Account = act.subject
    account.activated_at = act.data["activated_at"]
    account.last_login_at = act.data["last_login_at"]
