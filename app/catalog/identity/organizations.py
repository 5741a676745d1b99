"""Codes of organisations (M2, 第二条): unified social credit code and organization code."""

import re
from dataclasses import dataclass

from app.catalog.enums import CodeKind
from app.catalog.identity.problems import IdentityError, Problem, compact

SOCIAL_CREDIT_LENGTH = 18
ORGANIZATION_LENGTH = 9
SEPARATORS = "-‐‑–—－"

SOCIAL_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
SOCIAL_CREDIT_MODULUS = len(SOCIAL_CREDIT_ALPHABET)
SOCIAL_CREDIT_WEIGHTS = tuple(
    pow(3, position, SOCIAL_CREDIT_MODULUS) for position in range(SOCIAL_CREDIT_LENGTH - 1)
)

# GB 32100-2015 with its amendments: 1 public bodies, 2 foreign affairs, 3 justice, 4 culture,
# 5 civil affairs, 6 tourism, 7 religion, 8 trade unions, 9 market regulation, A armed forces,
# N collective economic organisations of the countryside, Y others.
AUTHORITIES = frozenset("123456789ANY")

ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANIZATION_CHECK_CHARACTERS = "0123456789X"
ORGANIZATION_MODULUS = len(ORGANIZATION_CHECK_CHARACTERS)

# The second character, the kind of organisation, has grown by amendment and is a digit throughout.
_SOCIAL_CREDIT_FORM = re.compile(
    f"[{SOCIAL_CREDIT_ALPHABET}][0-9]{{7}}[{SOCIAL_CREDIT_ALPHABET}]{{10}}"
)
_ORGANIZATION_FORM = re.compile(r"[0-9A-Z]{8}[0-9X]")


@dataclass(frozen=True, slots=True)
class OrganizationIdentifier:
    """A checked code in the spelling that is stored, and which of the two it is."""

    code: str
    kind: CodeKind


def parse_social_credit_code(text: str) -> str:
    """Check a unified social credit code and return its 18 characters (GB 32100-2015, M2)."""
    code = compact(text, SEPARATORS)
    if len(code) != SOCIAL_CREDIT_LENGTH:
        raise IdentityError(Problem.SOCIAL_CREDIT_CODE_LENGTH, length=len(code))
    if not _SOCIAL_CREDIT_FORM.fullmatch(code):
        raise IdentityError(Problem.SOCIAL_CREDIT_CODE_CHARACTERS)
    if code[0] not in AUTHORITIES:
        raise IdentityError(Problem.SOCIAL_CREDIT_CODE_AUTHORITY, character=code[0])
    if code[-1] != social_credit_check_character(code[:-1]):
        raise IdentityError(Problem.SOCIAL_CREDIT_CODE_CHECK_CHARACTER)
    return code


def parse_organization_code(text: str) -> str:
    """Check an organization code and return its 9 characters, no hyphen (GB 11714-1997, M2)."""
    code = compact(text, SEPARATORS)
    if len(code) != ORGANIZATION_LENGTH:
        raise IdentityError(Problem.ORGANIZATION_CODE_LENGTH, length=len(code))
    if not _ORGANIZATION_FORM.fullmatch(code):
        raise IdentityError(Problem.ORGANIZATION_CODE_CHARACTERS)
    if code[-1] != organization_code_check_character(code[:-1]):
        raise IdentityError(Problem.ORGANIZATION_CODE_CHECK_CHARACTER)
    return code


def parse_organization_identifier(text: str) -> OrganizationIdentifier:
    """Check whichever of the two codes `text` is by its length (M2, 第二条)."""
    code = compact(text, SEPARATORS)
    if len(code) == SOCIAL_CREDIT_LENGTH:
        return OrganizationIdentifier(parse_social_credit_code(code), CodeKind.SOCIAL_CREDIT)
    if len(code) == ORGANIZATION_LENGTH:
        return OrganizationIdentifier(parse_organization_code(code), CodeKind.ORGANIZATION_CODE)
    raise IdentityError(Problem.ORGANIZATION_IDENTIFIER_LENGTH, length=len(code))


def social_credit_check_character(body: str) -> str:
    """Return the 18th character that belongs to the 17 of `body` (GB/T 17710, MOD 31-3)."""
    total = sum(
        SOCIAL_CREDIT_ALPHABET.index(character) * weight
        for character, weight in zip(body, SOCIAL_CREDIT_WEIGHTS, strict=True)
    )
    return SOCIAL_CREDIT_ALPHABET[-total % SOCIAL_CREDIT_MODULUS]


def organization_code_check_character(body: str) -> str:
    """Return the 9th character that belongs to the 8 of `body` (GB 11714-1997, MOD 11)."""
    total = sum(
        int(character, 36) * weight
        for character, weight in zip(body, ORGANIZATION_WEIGHTS, strict=True)
    )
    return ORGANIZATION_CHECK_CHARACTERS[-total % ORGANIZATION_MODULUS]
