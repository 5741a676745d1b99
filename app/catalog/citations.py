"""How a clause is cited: 第六条（四）, 附件3; and the same in English."""

import re

_NUMERAL = "[一二三四五六七八九十]+"
_DIGITS = "〇一二三四五六七八九十"
_ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_TENS = 10
LAST = "last"
"""The clause name of an article's closing paragraph (末款)."""

_ARTICLE = re.compile(
    rf"第(?P<number>{_NUMERAL})条(?:(?P<last>末款)|(?:（(?P<clause>{_NUMERAL})）(?P<item>\d+)?)?)"
)
_ANNEX = re.compile(r"附件(?P<number>\d+)(?:\s+(?P<mark>\S+))?")
_MARK = re.compile(rf"(?P<part>{_NUMERAL})（(?P<section>{_NUMERAL})）(?P<item>\d*)")


def chinese_number(number: int) -> str:
    """Return 1–99 as it is written in articles."""
    tens, ones = divmod(number, _TENS)
    ten = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return ten + (_DIGITS[ones] if ones else "")


def _number(written: str) -> int:
    if "十" not in written:
        return _DIGITS.index(written)
    tens, _, ones = written.partition("十")
    return (_DIGITS.index(tens) if tens else 1) * _TENS + (_DIGITS.index(ones) if ones else 0)


def cite(number: int, clause: str = "") -> str:
    """Return the citation of a clause: `cite(5, "2.1")` is 第五条（二）1."""
    head = f"第{chinese_number(number)}条"
    if not clause:
        return head
    if clause == LAST:
        return f"{head}末款"
    outer, _, inner = clause.partition(".")
    return f"{head}（{chinese_number(int(outer))}）{inner}"


def cite_annex(annex: int, mark: str = "") -> str:
    """Return the citation of an annex, or of a place in it: 附件1 二（二）10."""
    return f"附件{annex} {mark}".rstrip()


def annex_of(reference: str) -> int | None:
    """Return the annex that `reference` names, None if it names an article."""
    match = _ANNEX.fullmatch(reference)
    return int(match["number"]) if match else None


def place(reference: str) -> tuple[int, str]:
    """Return number and clause of an article's citation; ValueError if it is none."""
    match = _ARTICLE.fullmatch(reference)
    if match is None:
        message = f"not a citation of an article: {reference}"
        raise ValueError(message)
    clause = ""
    if match["last"]:
        clause = LAST
    elif match["clause"]:
        clause = str(_number(match["clause"])) + (f".{match['item']}" if match["item"] else "")
    return _number(match["number"]), clause


def in_english(reference: str) -> str:
    """Return the English form of a citation: 第六条（四） is Article 6 (4)."""
    if annex := _ANNEX.fullmatch(reference):
        inside = _mark_in_english(annex["mark"] or "")
        return f"Annex {annex['number']}" + (f", {inside}" if inside else "")
    number, clause = place(reference)
    if not clause:
        return f"Article {number}"
    if clause == LAST:
        return f"Article {number}, last paragraph"
    outer, _, inner = clause.partition(".")
    return f"Article {number} ({outer}) {inner}".rstrip()


def _mark_in_english(mark: str) -> str:
    match = _MARK.fullmatch(mark)
    if match is None:
        return mark
    part = _number(match["part"])
    roman = _ROMAN[part] if part < len(_ROMAN) else str(part)
    return f"{roman} ({_number(match['section'])}) {match['item']}".rstrip()
