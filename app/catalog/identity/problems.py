"""What can be wrong with a number or a name: code, words and rule, declared once."""

from enum import Enum
from typing import Any

from app.errors import Detail
from app.i18n import N_

FULL_WIDTH = {code + 0xFEE0: code for code in range(0x21, 0x7F)} | {0x3000: 0x20}


class Problem(Enum):
    """Every refusal of this room: its stable code, its msgid, the rule it rests on.

    The words never repeat a personal number.
    """

    MISSING = ("required", N_("This must be filled in."), None)

    CITIZEN_ID_LENGTH = (
        "citizen_id_length",
        N_("A citizen ID number has 18 characters, an old one 15; this one has %(length)s."),
        "M5",
    )
    CITIZEN_ID_CHARACTERS = (
        "citizen_id_characters",
        N_("A citizen ID number consists of digits; only the last of 18 may be an X."),
        "M5",
    )
    CITIZEN_ID_REGION = (
        "citizen_id_region",
        N_("No province has a citizen ID number that starts with %(region)s."),
        "M5",
    )
    CITIZEN_ID_BIRTH_DATE = (
        "citizen_id_birth_date",
        N_("Digits 7 to 14 of a citizen ID number are a birth date since 1900; these are not."),
        "M5",
    )
    CITIZEN_ID_BIRTH_DATE_OLD = (
        "citizen_id_birth_date",
        N_("Digits 7 to 12 of an old citizen ID number are a birth date; these are not."),
        "M5",
    )
    CITIZEN_ID_FUTURE = (
        "citizen_id_future",
        N_("The birth date in this citizen ID number lies in the future."),
        "M5",
    )
    CITIZEN_ID_CHECK_DIGIT = (
        "citizen_id_check_digit",
        N_("The check digit does not fit: a digit of this citizen ID number is mistyped."),
        "M5",
    )
    CITIZEN_ID_SEX = (
        "citizen_id_sex",
        N_("The sex does not agree with the citizen ID number."),
        "M5",
    )

    SOCIAL_CREDIT_CODE_LENGTH = (
        "social_credit_code_length",
        N_("A unified social credit code has 18 characters; this one has %(length)s."),
        "M2",
    )
    SOCIAL_CREDIT_CODE_CHARACTERS = (
        "social_credit_code_characters",
        N_(
            "A unified social credit code consists of digits and capital letters without "
            "I, O, S, V and Z; characters 2 to 8 are digits."
        ),
        "M2",
    )
    SOCIAL_CREDIT_CODE_AUTHORITY = (
        "social_credit_code_authority",
        N_("No registration authority issues unified social credit codes with %(character)s."),
        "M2",
    )
    SOCIAL_CREDIT_CODE_CHECK_CHARACTER = (
        "social_credit_code_check_character",
        N_(
            "The check character does not fit: a character of this unified social credit code "
            "is mistyped."
        ),
        "M2",
    )
    ORGANIZATION_CODE_LENGTH = (
        "organization_code_length",
        N_("An organization code has 9 characters; this one has %(length)s."),
        "M2",
    )
    ORGANIZATION_CODE_CHARACTERS = (
        "organization_code_characters",
        N_(
            "An organization code consists of 8 digits or capital letters and a check character, "
            "a digit or X."
        ),
        "M2",
    )
    ORGANIZATION_CODE_CHECK_CHARACTER = (
        "organization_code_check_character",
        N_("The check character does not fit: a character of this organization code is mistyped."),
        "M2",
    )
    ORGANIZATION_IDENTIFIER_LENGTH = (
        "organization_identifier_length",
        N_(
            "A unified social credit code has 18 characters, an organization code 9; "
            "this has %(length)s."
        ),
        "M2",
    )

    NAME_TOO_LONG = ("name_too_long", N_("A name has at most %(limit)s characters."), "M5")
    NAME_CHARACTER = (
        "name_character",
        N_("Character %(position)s (%(character)s) cannot stand in a name."),
        "M5",
    )
    NAME_PRIVATE_CHARACTER = (
        "name_private_character",
        N_(
            "Character %(position)s (%(character)s) is known to one computer only: "
            "enter the rare character with an up-to-date input method."
        ),
        "M5",
    )
    NAME_FORMULA = (
        "name_formula",
        N_("A name cannot start with %(character)s: a spreadsheet would run it as a formula."),
        "M5",
    )
    NAME_WITHOUT_LETTER = ("name_without_letter", N_("A name needs at least one letter."), "M5")

    LOGIN_NAME_LENGTH = (
        "login_name_length",
        N_("A login name has %(minimum)s to %(limit)s characters."),
        "M4",
    )
    LOGIN_NAME_CHARACTERS = (
        "login_name_characters",
        N_(
            "A login name consists of letters, digits, Chinese characters, dots, hyphens, "
            "underscores and @, and starts with a letter, a digit or a Chinese character."
        ),
        "M4",
    )
    KEY_SERIAL_FORMAT = (
        "key_serial_format",
        N_(
            "A key's serial number has 4 to 32 letters, digits and hyphens and does not start "
            "with a hyphen."
        ),
        "M9",
    )
    PHONE_FORMAT = (
        "phone_format",
        N_(
            "This is not a phone number: enter a mobile number, or area code and number, "
            "such as 010-65883205."
        ),
        None,
    )

    def __init__(self, code: str, msgid: str, rule: str | None) -> None:
        self.code = code
        self.msgid = msgid
        self.rule = rule


class IdentityError(ValueError):
    """A number or a name was refused: `code`, `msgid` with `params`, `rule`.

    `str()` is for the log of a developer and holds nothing of what was entered.
    """

    def __init__(self, problem: Problem, **params: Any) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.code = problem.code
        self.msgid = problem.msgid
        self.rule = problem.rule
        self.params = params

    def detail(self, field: str) -> Detail:
        """Return the refusal as it is shown beside `field`."""
        return Detail(field, self.code, self.msgid, self.params, self.rule)


def compact(text: str, separators: str = "") -> str:
    """Return `text` in half-width capitals without spaces and `separators`.

    Raises `IdentityError` if nothing is left.
    """
    joined = "".join(text.translate(FULL_WIDTH).split()).upper()
    result = joined.translate(dict.fromkeys(map(ord, separators)))
    if not result:
        raise IdentityError(Problem.MISSING)
    return result
