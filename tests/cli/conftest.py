"""Commands are run by people who work in the office: each has account and key."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from app.models.accounts import Account
from tests.support.factories import Office, staff_of
from tests.support.office import database, office, staffed

__all__ = ["at_work", "database", "flask", "office", "staffed"]

ENGLISH = {"LC_ALL": "en_GB.UTF-8"}


@pytest.fixture
def at_work(office: Office) -> Callable[..., None]:
    """Give these people their keys, so that they can act."""

    def hand_keys(*logins: str) -> None:
        for login in logins:
            account = office.account(login)
            house = "RESEARCH" if account.organization.type.is_management else "SERVICE"
            office.perform(
                staff_of(house, 2 if login.endswith("1") else 1),
                account.id,
                "issue_key",
                model=Account,
                data={"key_serial": office.free_serials(house)[0]},
            )

    return hand_keys


@pytest.fixture
def flask(runner: Any, office: Office) -> Callable[..., Result]:
    """Run a command in English (or as `env` says) and read the database afresh afterwards."""

    def run(*arguments: str, env: dict[str, str] = ENGLISH, **said: Any) -> Result:
        office.session.commit()
        result: Result = runner.invoke(args=[str(a) for a in arguments], env=env, **said)
        office.session.expire_all()
        return result

    return run
