"""The database keeps the promise: the name of each constraint maps to one refusal."""

import re
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, Detail, DomainError, Refused
from app.i18n import N_

SQLITE_COLUMNS = re.compile(r"UNIQUE constraint failed: (.+)$")
SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
SQLITE_INDEX = re.compile(r"UNIQUE constraint failed: index '(\w+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a broken constraint means to a person."""

    field: str
    code: str
    msgid: str
    rule: str
    conflict: bool = True


PROMISES: dict[str, Promise] = {
    "uq_account_login_key": Promise(
        field="login_name",
        code="login_name_taken",
        msgid=N_("This login name is taken, whatever the case of its letters."),
        rule="M5",
    ),
    "uq_account_person_in_organization": Promise(
        field="citizen_id",
        code="already_has_account",
        msgid=N_("This person has an account in this organization already."),
        rule="M5",
    ),
    "uq_organization_code": Promise(
        field="code",
        code="code_taken",
        msgid=N_("An organization with this code is registered already."),
        rule="M2",
    ),
    "uq_key_serial": Promise(
        field="serial",
        code="serial_taken",
        msgid=N_("A key with this serial number is on record already."),
        rule="M9",
    ),
    "uq_key_one_per_holder": Promise(
        field="holder",
        code="has_key",
        msgid=N_("This person holds an active key already."),
        rule="M9",
    ),
    "uq_cases_number": Promise(
        field="number",
        code="number_taken",
        msgid=N_("Business with this number is on record already."),
        rule="B1",
    ),
    "uq_key_credential_current": Promise(
        field="key_serial",
        code="key_bound",
        msgid=N_("This key was bound to somebody meanwhile."),
        rule="M8",
    ),
    "uq_key_credential_credential_id": Promise(
        field="credential",
        code="key_bound_elsewhere",
        msgid=N_("The key that is plugged in is bound under another serial number already."),
        rule="M8",
    ),
    "uq_archive_loan_out": Promise(
        field="borrower",
        code="file_is_out",
        msgid=N_("This file is lent already."),
        rule="M9",
    ),
    "uq_account_grant_open": Promise(
        field="items", code="item_held", msgid=N_("This item is held already."), rule="M4"
    ),
    "uq_line_decision_once": Promise(
        field="lines",
        code="already_decided",
        msgid=N_("This line has been decided already."),
        rule="M5.1",
    ),
    "uq_idempotency_key_actor_id_key": Promise(
        field="idempotency_key",
        code="idempotency_key_reused",
        msgid=N_("A request with this idempotency key is under way."),
        rule="X4",
    ),
    "ck_organization_management_units_are_government": Promise(
        field="legal_form",
        code="form_does_not_fit",
        msgid=N_("Management units, and only they, have the legal form of a management unit."),
        rule="M2",
        conflict=False,
    ),
    "ck_organization_financial_form": Promise(
        field="legal_form",
        code="form_does_not_fit",
        msgid=N_("Financial institutions, and only they, have that legal form."),
        rule="M5.2",
        conflict=False,
    ),
    "ck_organization_developers_are_enterprises": Promise(
        field="legal_form",
        code="form_does_not_fit",
        msgid=N_("A developer is an enterprise."),
        rule="M5.2",
        conflict=False,
    ),
    "ck_organization_district_unit_has_district": Promise(
        field="district_code",
        code="required",
        msgid=N_("A district unit belongs to a district."),
        rule="M2",
        conflict=False,
    ),
    "ck_organization_not_own_parent": Promise(
        field="parent_id",
        code="own_parent",
        msgid=N_("An organization cannot belong to itself."),
        rule="M2",
        conflict=False,
    ),
}

SQLITE_UNIQUE: dict[str, str] = {
    "account.login_key": "uq_account_login_key",
    "account.organization_id, account.citizen_id_digest": "uq_account_person_in_organization",
    "organization.code": "uq_organization_code",
    "archive_loan.file_id": "uq_archive_loan_out",
    "cases.number": "uq_cases_number",
    "key.serial": "uq_key_serial",
    "key.holder_id": "uq_key_one_per_holder",
    "key_credential.key_id": "uq_key_credential_current",
    "key_credential.credential_id": "uq_key_credential_credential_id",
    "account_grant.account_id, account_grant.item_id": "uq_account_grant_open",
    "line_decision.work_item_id, line_decision.line_id": "uq_line_decision_once",
    "idempotency_key.actor_id, idempotency_key.key": "uq_idempotency_key_actor_id_key",
}
"""SQLite names the columns of a broken uniqueness, not its constraint."""


def constraint_of(error: IntegrityError) -> str | None:
    """Return the name of the constraint that `error` broke, None if the database does not say."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name  # type: ignore[no-any-return]
    text = str(error.orig)
    if found := SQLITE_INDEX.search(text) or SQLITE_CHECK.search(text):
        return found[1]
    if found := SQLITE_COLUMNS.search(text):
        return SQLITE_UNIQUE.get(found[1])
    return None


def error_for(error: IntegrityError) -> DomainError | None:
    """Return the refusal that a broken constraint stands for, None for one that has no words."""
    promise = PROMISES.get(constraint_of(error) or "")
    if promise is None:
        return None
    detail = Detail(promise.field, promise.code, promise.msgid, {}, promise.rule)
    kind = Conflict if promise.conflict else Refused
    return kind(promise.msgid, code=promise.code, rule=promise.rule, details=[detail])
