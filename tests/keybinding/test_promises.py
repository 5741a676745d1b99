"""What the database itself keeps of bindings, and the words for what breaks it (M8)."""

import pytest
from sqlalchemy.exc import IntegrityError

from app.models.key_credentials import KeyCredential
from app.services.constraints import constraint_of, error_for

pytestmark = pytest.mark.rule("M8")


def another(counter, login: str, **said: object) -> KeyCredential:
    """A binding beside the one that stands."""
    counter.bind(login)
    key = counter.key_of(login)
    present = counter.binding_of(key.serial)
    made = {
        "key_id": key.id,
        "account_id": key.holder_id,
        "credential_id": b"another",
        "public_key": present.public_key,
        "sign_count": 0,
        "bound_at": present.bound_at,
    }
    return KeyCredential(**{**made, **said})


def broken(office, row: KeyCredential) -> IntegrityError:
    office.session.add(row)
    with pytest.raises(IntegrityError) as broken_by:
        office.session.flush()
    office.session.rollback()
    return broken_by.value


def test_a_key_has_one_binding_at_a_time(office, counter):
    error = broken(office, another(counter, "reg1"))
    assert constraint_of(error) == "uq_key_credential_current"
    refusal = error_for(error)
    assert refusal is not None
    assert (refusal.code, refusal.rule) == ("key_bound", "M8")


def test_a_credential_is_on_record_once(office, counter):
    counter.bind("mkt1")
    known = counter.binding_of(counter.key_of("mkt1").serial).credential_id
    ended = {"ended_at": office.now, "ended_by": "take_back"}
    error = broken(office, another(counter, "reg1", credential_id=known, **ended))
    assert constraint_of(error) == "uq_key_credential_credential_id"
    refusal = error_for(error)
    assert refusal is not None
    assert refusal.code == "key_bound_elsewhere"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"sign_count": -1}, "ck_key_credential_count_not_negative"),
        ({"ended_by": "take_back"}, "ck_key_credential_ended_says_by_what"),
    ],
)
def test_no_row_says_what_cannot_be(office, counter, said, name):
    assert constraint_of(broken(office, another(counter, "reg1", **said))) == name
