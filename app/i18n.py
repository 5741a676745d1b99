"""Words in the reader's language: English msgids here, Chinese in `translations/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import force_locale, get_locale
from flask_babel import gettext as _gettext
from flask_babel import ngettext as _ngettext

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh"


def N_(msgid: str) -> str:  # noqa: N802 - the customary name of gettext's no-op marker
    """Mark `msgid` for extraction and return it untouched."""
    return msgid


def _(msgid: str, **params: Any) -> str:
    """Return `msgid` in the reader's language with `params` filled in."""
    return _gettext(msgid, **params)


def ngettext(singular: str, plural: str, num: int, **params: Any) -> str:
    """Return the form of the message that fits `num`, which is also a parameter."""
    return _ngettext(singular, plural, num, **params)


def language() -> str:
    """Return the reader's language code, `zh` where nobody has asked for another."""
    locale = get_locale()
    return locale.language if locale is not None else DEFAULT_LANGUAGE


def pick(row: Any, stem: str) -> str:
    """Return `row.<stem>_zh` or `row.<stem>_en`, whichever the reader reads."""
    suffix = "en" if language() == "en" else "zh"
    return str(getattr(row, f"{stem}_{suffix}"))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Use language `code` inside the block (needs an application context)."""
    with force_locale(code):
        yield
