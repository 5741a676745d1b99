"""Text that a spreadsheet program would run as a formula (X6).

A cell that begins with one of these signs is written with an apostrophe before it, as a person
would enter it; the reader takes the apostrophe off again.
"""

STARTS = "=+-@\t\r\n＝＋－＠"
APOSTROPHE = "'"


def disarmed(text: str) -> str:
    """Return `text` so that no spreadsheet program runs it."""
    return f"{APOSTROPHE}{text}" if text and text[0] in STARTS else text


def rearmed(text: str) -> str:
    """Return `text` as it was before `disarmed`."""
    return text[1:] if text[:1] == APOSTROPHE and text[1:2] and text[1] in STARTS else text
