"""Words in the reader's language: English msgids here, Chinese in `translations/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from flask import g
from flask_babel import force_locale, get_locale, get_translations
from jinja2 import Environment
from markupsafe import Markup

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh"
MOST_KEPT = 8192
"""So many messages are kept at hand: more than there are, and a bound if somebody makes them up."""


@dataclass(frozen=True, slots=True, eq=False)
class Tongue:
    """A language and its words."""

    code: str
    words: NullTranslations

    @lru_cache(maxsize=MOST_KEPT)  # noqa: B019 - there are two tongues, and both stay
    def say(self, msgid: str) -> str:
        """Return the message as it reads in this language."""
        return self.words.gettext(msgid)

    @lru_cache(maxsize=MOST_KEPT)  # noqa: B019 - as above
    def mark_up(self, msgid: str) -> Markup:
        """Return the same for a template, which fills it in even where there is nothing to."""
        return Markup(self.say(msgid)) % {}  # noqa: S704 - texts of the program, not of people


@lru_cache(maxsize=16)
def _tongue_of(code: str, words: NullTranslations) -> Tongue:
    return Tongue(code, words)


_NOBODYS = Tongue(DEFAULT_LANGUAGE, NullTranslations())


def _tongue() -> Tongue:
    """Return the reader's tongue, looked for once a request."""
    try:
        known: Tongue = g.tongue
    except AttributeError:
        locale = get_locale()
        code = locale.language if locale is not None else DEFAULT_LANGUAGE
        known = g.tongue = _tongue_of(code, get_translations())
    except RuntimeError:  # outside any application
        return _NOBODYS
    return known


def N_(msgid: str) -> str:  # noqa: N802 - the customary name of gettext's no-op marker
    """Mark `msgid` for extraction and return it untouched."""
    return msgid


def _(msgid: str, **params: Any) -> str:
    """Return `msgid` in the reader's language with `params` filled in."""
    text = _tongue().say(msgid)
    return text % params if params else text


def ngettext(singular: str, plural: str, num: int, **params: Any) -> str:
    """Return the form of the message that fits `num`, which is also a parameter."""
    return _tongue().words.ngettext(singular, plural, num) % {"num": num, **params}


def language() -> str:
    """Return the reader's language code, `zh` where nobody has asked for another."""
    return _tongue().code


def pick(row: Any, stem: str) -> str:
    """Return `row.<stem>_zh` or `row.<stem>_en`, whichever the reader reads."""
    suffix = "en" if language() == "en" else "zh"
    return str(getattr(row, f"{stem}_{suffix}"))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Use language `code` inside the block (needs an application context)."""
    before = g.pop("tongue", None)
    try:
        with force_locale(code):
            yield
    finally:
        g.pop("tongue", None)
        if before is not None:
            g.tongue = before


def _in_template(msgid: str, **params: Any) -> Markup:
    tongue = _tongue()
    if params:
        return Markup(tongue.say(msgid)) % params  # noqa: S704 - the parameters are escaped by %
    return tongue.mark_up(msgid)


def _many_in_template(singular: str, plural: str, num: int, **params: Any) -> Markup:
    text = _tongue().words.ngettext(singular, plural, num)
    return Markup(text) % {"num": num, **params}  # noqa: S704 - as above


def install(environment: Environment) -> None:
    """Give templates these words, in place of slower ones that do the same."""
    environment.globals.update(_=_in_template, gettext=_in_template, ngettext=_many_in_template)
