"""The framework's application builder, serving no page of the framework's own."""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from werkzeug.routing import IntegerConverter, Map, Rule

from app.views.language import choose_language

MOST_ROWS = 2**31 - 1
"""The numbers of rows, the audit trail apart, are of four bytes."""


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: a number that no row can have leads to no page."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **{"max": MOST_ROWS, **options})


class LateRule(Rule):
    """An address whose making is compiled when it is first made: most never are, in one process.

    For all of them together that took a tenth of the start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's own signature
        compiled = super()._compile_builder

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            made = compiled(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", made)
            found: tuple[str, str] = made(**values)
            return found

        return build


class KeydeskBuilder(AppBuilder):
    """Registers our first page and nothing else: what is served is in `app/views` alone."""

    def init_app(self, app: Flask, session: object) -> None:
        """Set the framework up and let our own rule choose the language."""
        app.url_map.converters["int"] = RowNumber
        super().init_app(app, session)
        current_app.extensions["babel"].locale_selector = choose_language

    def _add_global_static(self) -> None:
        """Serve none of the framework's assets."""

    def _add_admin_views(self) -> None:
        """Register the first page; no redirector, language switch, menu or user screens."""
        self._indexview = self.add_view_no_menu(self.indexview)
