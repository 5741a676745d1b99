"""Whether the key that is handed out is the one its number says, shown to be there (M4, M8).

Where keys are required nobody is given a number instead of a key. The bootstrap of an installation
stands before any browser: its two keys are bound by the first link (`accounts enrol-key`).
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from app.errors import Detail
from app.i18n import N_
from app.models.accounts import Account
from app.models.applications import Application
from app.models.key_credentials import KeyCredential
from app.models.keys import Key
from app.security.key_policy import policy
from app.workflow.act import EFFECTS, GUARDS, Act

UNBOUND = N_("Key %(serial)s is not bound to %(name)s: plug it in and bind it first.")


def bound_to(act: Act, serials: Iterable[str]) -> dict[str, int]:
    """Return to whose account each of these keys is bound now."""
    rows = act.session.execute(
        select(Key.serial, KeyCredential.account_id)
        .join(KeyCredential, KeyCredential.key_id == Key.id)
        .where(Key.serial.in_(sorted(serials)), KeyCredential.ended_at.is_(None))
    )
    return dict(list(rows))


def _asked_for(act: Act) -> bool:
    return policy().required and not act.actor.is_system


def _unbound(where: str, serial: str, name: str) -> Detail:
    return Detail(where, "key_not_bound", UNBOUND, {"serial": serial, "name": name}, "M4")


@GUARDS.register
def keys_are_bound(act: Act) -> Iterator[Detail]:
    """M4: each person served now has shown the very key, which nobody else holds."""
    if not _asked_for(act):
        return
    application: Application = act.subject
    lines = {line.position: line for line in application.passed_lines()}
    bound = bound_to(act, act.data.values())
    for position, serial in act.data.items():
        line = lines[position]
        if line.account_id is None or bound.get(serial) != line.account_id:
            yield _unbound(f"lines.{position}.key_serial", serial, line.name)


@GUARDS.register
def own_key_is_bound(act: Act) -> Iterator[Detail]:
    """M4: the person of an account opened by hand has shown the very key."""
    account: Account = act.subject
    if _asked_for(act) and bound_to(act, [act.data]).get(act.data) != account.id:
        yield _unbound("data.key_serial", act.data, account.name)


@GUARDS.register
def key_is_bound_to_holder(act: Act) -> Iterator[Detail]:
    """M4, M8: whichever act hands a key out, it is the holder's own and was shown."""
    key: Key = act.subject
    holder = act.raw.get("holder_id")
    if not _asked_for(act) or bound_to(act, [key.serial]).get(key.serial) == holder:
        return
    account = act.session.get(Account, holder) if holder else None
    yield _unbound("key", key.serial, account.name if account else "")


@EFFECTS.register
def end_binding(act: Act) -> None:
    """M8: out of its holder's hands, a key proves nobody any more."""
    key: Key = act.subject
    for bound in act.session.scalars(
        select(KeyCredential).where(
            KeyCredential.key_id == key.id, KeyCredential.ended_at.is_(None)
        )
    ):
        bound.ended_at, bound.ended_by = act.now, act.transition.action
        act.old["bound_to"] = bound.account_id
