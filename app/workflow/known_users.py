"""第五条（二） covers new users and changes: a person who has an account gets a key again.

An enterprise has no forms of annexes 4 and 5. A person on its form who has an active account and
no key in hand keeps the account and gets another key; the name on the form becomes the account's.
"""

from collections.abc import Iterator

from sqlalchemy import select

from app.catalog.enums import AccountState, KeyState
from app.errors import Detail
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.keys import Key
from app.security.audit import record
from app.workflow.act import EFFECTS, GUARDS, Act
from app.workflow.guards import persons_are_free
from app.workflow.named import forms_naming, lines_in_play


def _known(act: Act) -> dict[int, Account]:
    """Return the accounts that the form gives another key, by the position of their lines."""
    application: Application = act.subject
    lines = {
        str(line.person_digest): line
        for line in lines_in_play(act)
        if line.account_id is None and line.person_digest is not None
    }
    in_hand = select(Key.id).where(Key.holder_id == Account.id, Key.state == KeyState.ISSUED)
    found = act.session.scalars(
        select(Account)
        .where(
            Account.organization_id == application.organization_id,
            Account.citizen_id_digest.in_(sorted(lines)),
            Account.state == AccountState.ACTIVE,
            ~in_hand.exists(),
        )
        .order_by(Account.id)
        .with_for_update(of=Account)
    )
    return {lines[str(account.citizen_id_digest)].position: account for account in found}


@GUARDS.register
def persons_are_free_or_without_key(act: Act) -> Iterator[Detail]:
    """M5: who has an account is refused, but for those whose key is gone (第五条（二） 变更)."""
    known = _known(act)
    places = {f"lines.{position}.citizen_id" for position in known}
    for problem in persons_are_free(act):
        if problem.code != "already_has_account" or problem.field not in places:
            yield problem
    where = {account.id: f"lines.{position}.citizen_id" for position, account in known.items()}
    yield from forms_naming(act, where)


@EFFECTS.register
def take_up_accounts(act: Act) -> None:
    """Let the lines of people whose key is gone lead to their accounts, under the form's name."""
    lines = {line.position: line for line in act.subject.passed_lines()}
    for position, account in _known(act).items():
        line = lines[position]
        line.account, line.account_id = account, account.id
        _correct(act, line, account)


def _correct(act: Act, line: ApplicationLine, account: Account) -> None:
    if line.name == account.name:
        return
    old = account.name
    account.name = line.name
    record(
        act.session,
        tag="account:renamed",
        subject=account,
        actor=act.actor,
        now=act.now,
        old={"name": old},
        new={"name": account.name, "application": act.subject.number},
        rule="M5.2",
        article="第五条（二）",
    )
