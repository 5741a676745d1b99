"""Names of persons, organisations, logins and keys, in the one spelling that is stored (M5).

Normal forms for compatibility (NFKC) would turn one rare Chinese character into another and are not
used: a person's characters stay the code points that were entered.
"""

import re
import unicodedata
from typing import NamedTuple

from app.catalog.identity.problems import FULL_WIDTH, IdentityError, Problem, compact

PERSON_NAME_LENGTH = 60
ORGANIZATION_NAME_LENGTH = 120
LOGIN_NAME_LENGTH = 64
LOGIN_NAME_MINIMUM = 2

MIDDLE_DOT = "·"
# Every dot that input methods offer between the parts of a minority name.
_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・･·．"), ord(MIDDLE_DOT))
_PERSON_PUNCTUATION = frozenset(f"{MIDDLE_DOT}'’.,-‐()（）")
_FORMULA_STARTS = frozenset("=+-@＝＋－＠")
_INVISIBLE_EDGES = "\ufeff\u200b\u200c\u200d\u200e\u200f"

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Ideographs that canonical composition (NFC) would replace by others.
_COMPATIBILITY_HAN = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
# Radicals that copying from a PDF puts in the place of the characters that they look like.
_RADICAL = re.compile("[\u2f00-\u2fdf]")
# Code points that Unicode will never give to a character, and the sign of a lost one.
_NO_CHARACTER = re.compile("[\ufdd0-\ufdef\ufffd-\uffff\U0001fffe\U0001ffff\U0002fffe\U0002ffff]")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FULL_WIDTH_WORD = re.compile("[０-９Ａ-Ｚａ-ｚ]+")
_SPACES = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_SPACE_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")
_SPACE_AT_DOT = re.compile(f" ?{MIDDLE_DOT} ?")

_LOGIN_NAME = re.compile(
    "[a-zA-Z0-9\u3400-\u4dbf\u4e00-\u9fff][a-zA-Z0-9\u3400-\u4dbf\u4e00-\u9fff._@-]*"
)
_KEY_SERIAL = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}")


class LoginName(NamedTuple):
    """A login name as its owner writes it, and the key that must be unique whatever the case."""

    name: str
    key: str


def normalise_name(text: str, *, limit: int = PERSON_NAME_LENGTH) -> str:
    """Return a person's real name as it is stored (M5, 第五条).

    Spaces are collapsed, between Chinese characters dropped (张　三 is 张三); the dot of minority
    names is always ·; full-width letters become ordinary ones. Control and invisible characters,
    symbols, the start of a formula and more than `limit` characters are refused.
    """
    name = _tidy(text.translate(_DOTS), limit)
    name = _SPACE_AT_DOT.sub(MIDDLE_DOT, _SPACE_BETWEEN_HAN.sub("", name))
    for position, character in enumerate(name, start=1):
        kind = unicodedata.category(character)
        if kind[0] in "PS" and character not in _PERSON_PUNCTUATION:
            raise _refused(Problem.NAME_CHARACTER, position, character)
    return name


def normalise_organization_name(text: str, *, limit: int = ORGANIZATION_NAME_LENGTH) -> str:
    """Return an organisation's name as it is stored; brackets and signs in it are its own."""
    return _tidy(text, limit)


def normalise_login_name(text: str) -> LoginName:
    """Return a login name and its lower-case key; full-width characters are taken as meant."""
    name = text.translate(FULL_WIDTH).strip()
    if not name:
        raise IdentityError(Problem.MISSING)
    if not LOGIN_NAME_MINIMUM <= len(name) <= LOGIN_NAME_LENGTH:
        raise IdentityError(
            Problem.LOGIN_NAME_LENGTH, minimum=LOGIN_NAME_MINIMUM, limit=LOGIN_NAME_LENGTH
        )
    if not _LOGIN_NAME.fullmatch(name):
        raise IdentityError(Problem.LOGIN_NAME_CHARACTERS)
    return LoginName(name, name.lower())


def normalise_key_serial(text: str) -> str:
    """Return a key's serial number in capitals, as it is printed on the key (M9)."""
    serial = compact(text)
    if not _KEY_SERIAL.fullmatch(serial):
        raise IdentityError(Problem.KEY_SERIAL_FORMAT)
    return serial


def _tidy(text: str, limit: int) -> str:
    """Return `text` with its spelling settled, or refuse what can be no name at all."""
    name = _SPACES.sub(" ", text).strip(" \t\r\n" + _INVISIBLE_EDGES)
    if not name:
        raise IdentityError(Problem.MISSING)
    if len(name) > limit:
        raise IdentityError(Problem.NAME_TOO_LONG, limit=limit)
    for position, character in enumerate(name, start=1):
        _refuse_unprintable(position, character)
    if name[0] in _FORMULA_STARTS:
        raise IdentityError(Problem.NAME_FORMULA, character=name[0])
    name = _RADICAL.sub(lambda found: unicodedata.normalize("NFKC", found[0]), name)
    name = _FULL_WIDTH_WORD.sub(lambda found: found[0].translate(FULL_WIDTH), name)
    name = _compose(name)
    if not any(_is_letter(character) for character in name):
        raise IdentityError(Problem.NAME_WITHOUT_LETTER)
    return name


def _refuse_unprintable(position: int, character: str) -> None:
    kind = unicodedata.category(character)
    if kind == "Co":
        raise _refused(Problem.NAME_PRIVATE_CHARACTER, position, character)
    # Cn is not refused: the newest rare characters are younger than this Python's tables
    if kind in _UNPRINTABLE or _NO_CHARACTER.match(character):
        raise _refused(Problem.NAME_CHARACTER, position, character)


def _refused(problem: Problem, position: int, character: str) -> IdentityError:
    return IdentityError(problem, position=position, character=f"U+{ord(character):04X}")


def _compose(name: str) -> str:
    """Join letters with their accents, leaving compatibility ideographs as they are."""
    return "".join(
        part if _COMPATIBILITY_HAN.fullmatch(part) else unicodedata.normalize("NFC", part)
        for part in _COMPATIBILITY_HAN.split(name)
    )


def _is_letter(character: str) -> bool:
    return character.isalpha() or character == "〇" or "\U00020000" <= character <= "\U0003ffff"
