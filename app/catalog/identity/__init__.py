"""Who a person and an organisation are: numbers with check digits, names, phones (M2, M5).

Everything here is a pure function of its arguments. What it accepts it returns in the one spelling
that is stored; what it refuses it refuses with an `IdentityError` that any door can show.
"""

from app.catalog.identity.citizens import (
    CitizenId,
    check_sex,
    citizen_id_check_character,
    mask_citizen_id,
    parse_citizen_id,
)
from app.catalog.identity.names import (
    LOGIN_NAME_LENGTH,
    ORGANIZATION_NAME_LENGTH,
    PERSON_NAME_LENGTH,
    LoginName,
    normalise_key_serial,
    normalise_login_name,
    normalise_name,
    normalise_organization_name,
)
from app.catalog.identity.organizations import (
    OrganizationIdentifier,
    organization_code_check_character,
    parse_organization_code,
    parse_organization_identifier,
    parse_social_credit_code,
    social_credit_check_character,
)
from app.catalog.identity.phones import normalise_phone
from app.catalog.identity.problems import IdentityError, Problem

__all__ = [
    "LOGIN_NAME_LENGTH",
    "ORGANIZATION_NAME_LENGTH",
    "PERSON_NAME_LENGTH",
    "CitizenId",
    "IdentityError",
    "LoginName",
    "OrganizationIdentifier",
    "Problem",
    "check_sex",
    "citizen_id_check_character",
    "mask_citizen_id",
    "normalise_key_serial",
    "normalise_login_name",
    "normalise_name",
    "normalise_organization_name",
    "normalise_phone",
    "organization_code_check_character",
    "parse_citizen_id",
    "parse_organization_code",
    "parse_organization_identifier",
    "parse_social_credit_code",
    "social_credit_check_character",
]
