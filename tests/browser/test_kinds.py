"""Every form on people that an organisation has, from an empty page to its end, as its roles."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from app.catalog.enums import ApplicationKind
from app.catalog.lifecycles import APPLICATIONS
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.desk import Desk

AtDesk = Callable[..., Desk]
K = ApplicationKind
BOTH = pytest.mark.parametrize(
    ("language", "viewport"), [("zh", DESKTOP), ("en", PHONE)], ids=["zh-1280", "en-390"]
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """Who applies for whom, what is typed besides, who does which act."""

    steps: tuple[tuple[str, str], ...]
    by: str = "chaoyang.he"
    person: str = "杜松"
    login: str = "dusong"
    finder: str = "login_name"
    typed: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()


WAYS = {
    K.KEY_REPLACEMENT: Way(
        typed={"remark": "密钥接口损坏"},
        steps=(
            ("reg.zhou", "approve"),
            ("research.gu", "take_back_key"),
            ("research.gu", "issue_key"),
        ),
    ),
    K.USER_RENAME: Way(
        finder="old_login_name",
        typed={"new_name": "杜青松", "sex": "male", "citizen_id": "own"},
        steps=(("reg.zhou", "approve"), ("info.luo", "configure"), ("research.gu", "rebind_key")),
    ),
    K.PERMISSION_CHANGE: Way(
        items=("district.registration.5",),
        steps=(("reg.zhou", "approve"), ("info.luo", "configure")),
    ),
    K.USER_CANCELLATION: Way(steps=(("info.luo", "cancel_user"), ("research.gu", "take_back_key"))),
    K.ENTERPRISE_CANCELLATION: Way(
        by="bank.kong",
        person="段启明",
        login="duanqiming",
        steps=(("service.ye", "cancel_user"), ("service.ye", "take_back_key")),
    ),
    K.BUSINESS_DELETION: Way(
        typed={"case_numbers": "found"}, steps=(("research.gu", "delete_business"),)
    ),
    K.LOGIN_RESTORATION: Way(steps=(("research.gu", "restore_login"),)),
}


def test_every_kind_that_names_people_is_walked():
    assert set(WAYS) == set(APPLICATIONS) - {K.NEW_USER, K.ENTERPRISE_USER}
